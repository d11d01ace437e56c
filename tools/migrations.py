"""Check the migrations of each service on a PostgreSQL of their own: none missing, none unsafe, all apply from zero."""

import os
import subprocess
import sys
from pathlib import Path

from devstack import ephemeral, stack
from tools.types import ENVIRONMENT

ROOT = Path(__file__).resolve().parents[1]
SERVICES = ("users", "catalog", "orders")

_MANAGE = (sys.executable, "-W", "ignore::RuntimeWarning", "manage.py")
# Linted before anything is applied, as the migrations of a release are.
_CHECKS: tuple[tuple[str, tuple[str, ...], dict[str, str]], ...] = (
    ("no migration is missing", (*_MANAGE, "makemigrations", "--check", "--dry-run"), {}),
    ("none is unsafe", (sys.executable, "-m", "tools.migration_lint"), {}),
    ("all apply safely from zero", (*_MANAGE, "migrate", "--verbosity", "0"), {"MIGRATE_SAFELY": "true"}),
)


def main() -> int:
    """Run every check for every service; returns the exit code."""
    failed = []
    with ephemeral.stores(names=["postgres"]) as stores:
        for service in SERVICES:
            for what, command, extra in _CHECKS:
                sys.stdout.write(f"{service}: {what}\n")
                sys.stdout.flush()
                if _run(command, service=service, stores=stores, extra=extra):
                    failed.append(f"{service}: not so: {what}")
    sys.stderr.write("".join(f"{line}\n" for line in failed))
    return int(bool(failed))


def _run(command: tuple[str, ...], *, service: str, stores: stack.Stack, extra: dict[str, str]) -> int:
    """Run one command of a service on its new database; returns its exit code."""
    own = {
        "DATABASE_URL": stores.database_url(name=service),
        "DJANGO_SETTINGS_MODULE": f"{service}.settings",
        "PYTHONPATH": str(ROOT),
    }
    env = {**os.environ, **ENVIRONMENT, **own, **extra}
    return subprocess.run(command, cwd=ROOT / "services" / service, env=env, check=False).returncode  # noqa: S603 (fixed commands)


if __name__ == "__main__":
    sys.exit(main())
