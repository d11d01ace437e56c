"""promtool, of Debian's package that the embedded stack runs Prometheus from, or the one that is installed."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from devstack import errors
from devstack.parts import prometheus

NAME = "promtool"


def program(*, cache: Path) -> str:
    """Return the path of promtool, unpacking the package at the first call.

    Args:
        cache: where the embedded stack keeps what it downloads.

    Raises:
        DevstackError: it cannot be had.
    """
    installed = shutil.which(NAME)
    if installed:
        return installed
    found = prometheus.unpack(cache=cache) / "usr" / "bin" / NAME
    if not found.exists():
        raise errors.DevstackError(f"no {NAME} in {found.parent}", remedy="install Prometheus, which brings it")
    return str(found)


def run(*, cache: Path, arguments: Sequence[str], cwd: Path) -> tuple[int, str]:
    """Return the exit code of a run of promtool and what it said."""
    command = [program(cache=cache), *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603 (fixed command)
    return done.returncode, done.stdout + done.stderr
