"""Check types strictly: each service under its own settings, the rest under shared's; with a name only that one."""

import os
import subprocess
import sys

# What to check -> the settings that Django's mypy plugin reads models with.
TARGETS = {
    "shared": (["-p", "shared"], "shared.testing.settings"),
    "users": (["-p", "users"], "users.settings"),
    "catalog": (["-p", "catalog"], "catalog.settings"),
    "orders": (["-p", "orders"], "orders.settings"),
    "tools": (["-p", "tools", "-p", "devstack", "-p", "gateway"], "shared.testing.settings"),
    # without the peers that other libraries make, which are not installed here
    "benchmarks": (["-p", "benchmarks", "--exclude", "benchmarks/(tests|peers/(fast|ordinary))"], "catalog.settings"),
}

# Settings want an environment; nothing connects to it.
ENVIRONMENT = {
    "DATABASE_URL": "postgresql://types:types@127.0.0.1/types",
    "BROKER_URL": "amqp://types:types@127.0.0.1//",
    "CACHE_URL": "redis://127.0.0.1/0",
    "SECRET_KEY": "only-for-reading-types-" + "x" * 20,
    "FIELD_KEYS": "A" * 43 + "=",
    "FIELD_INDEX_KEY": "only-for-reading-types-" + "y" * 20,
}


def check(name: str) -> int:
    """Run mypy on one target; returns its exit code."""
    arguments, settings = TARGETS[name]
    env = {**os.environ, **ENVIRONMENT, "DJANGO_SETTINGS_MODULE": settings}
    command = [sys.executable, "-m", "mypy", "--cache-dir", f".mypy_cache/{name}", *arguments]
    sys.stdout.write(f"{name}: ")
    sys.stdout.flush()
    return subprocess.run(command, env=env, check=False).returncode  # noqa: S603 (fixed command)


def main() -> int:
    """Check all targets or those named; returns the exit code."""
    names = sys.argv[1:] or list(TARGETS)
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        sys.stderr.write(f"Unknown: {', '.join(unknown)}; choose from {', '.join(TARGETS)}\n")
        return 2
    return max([check(name) for name in names])


if __name__ == "__main__":
    sys.exit(main())
