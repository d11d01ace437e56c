"""Check that no model has changed without its migration, in each service."""

import os
import subprocess
import sys
from pathlib import Path

from tools.types import ENVIRONMENT

SERVICES = ("users", "catalog", "orders")


def main() -> int:
    """Run `makemigrations --check` for each service; returns the exit code."""
    failed = 0
    for name in SERVICES:
        command = [
            sys.executable,
            "-W",
            "ignore::RuntimeWarning",
            "manage.py",
            "makemigrations",
            "--check",
            "--dry-run",
        ]
        done = subprocess.run(  # noqa: S603 (fixed command)
            command, cwd=Path("services") / name, env={**os.environ, **ENVIRONMENT}, check=False
        )
        failed |= done.returncode
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
