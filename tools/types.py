"""Check types strictly: each service under its own settings, the rest under shared's; with a name only that one."""

import os
import subprocess
import sys
from collections.abc import Sequence

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


def check(names: Sequence[str]) -> int:
    """Run mypy once on targets that have the same settings; returns its exit code."""
    arguments = [each for name in names for each in TARGETS[name][0]]
    settings = TARGETS[names[0]][1]
    env = {**os.environ, **ENVIRONMENT, "DJANGO_SETTINGS_MODULE": settings}
    command = [sys.executable, "-m", "mypy", "--cache-dir", f".mypy_cache/{settings}", *arguments]
    sys.stdout.write(f"{', '.join(names)}: ")
    sys.stdout.flush()
    return subprocess.run(command, env=env, check=False).returncode  # noqa: S603 (fixed command)


def together(names: Sequence[str]) -> list[list[str]]:
    """Put targets with the same settings together: what both import, such as all of Django, is then read once."""
    by_settings: dict[str, list[str]] = {}
    for name in names:
        by_settings.setdefault(TARGETS[name][1], []).append(name)
    return list(by_settings.values())


def main() -> int:
    """Check all targets or those named; returns the exit code."""
    names = sys.argv[1:] or list(TARGETS)
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        sys.stderr.write(f"Unknown: {', '.join(unknown)}; choose from {', '.join(TARGETS)}\n")
        return 2
    return max([check(group) for group in together(names)])


if __name__ == "__main__":
    sys.exit(main())
