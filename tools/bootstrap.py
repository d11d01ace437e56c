"""Install everything Plaza needs into .venv, on a machine that has only Python 3.11 to 3.13.

Standard library only: this file runs before anything is installed. Every package comes from the
hash-locked requirements/*.txt; Plaza's own packages are installed in place.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OWN = ("shared", "services/users", "services/catalog", "services/orders")
OLDEST, NEWEST = (3, 11), (3, 13)


class SetupFailed(Exception):
    """A step of the installation that could not be done."""


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"setup: {text}", flush=True)  # noqa: T201 (no logging before anything is installed)


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a command; raises SetupFailed with its last lines when it fails."""
    done = subprocess.run(  # noqa: S603 (fixed commands of this file)
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise SetupFailed(f"`{' '.join(str(part) for part in command)}` failed:\n{tail}")


def make_venv() -> None:
    """Create .venv, with pip from Debian's wheel when this Python was packaged without it."""
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        import ensurepip  # noqa: F401, PLC0415 (Debian ships Python without it)
    except ImportError:
        venv.create(VENV, with_pip=False)
        pip_from_debian()
    else:
        venv.create(VENV, with_pip=True)


def pip_from_debian() -> None:
    """Put pip into .venv from the package python3-pip-whl, which needs no root to unpack."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            subprocess.run(
                ["apt-get", "download", "-q", "python3-pip-whl"],  # noqa: S607
                cwd=scratch,
                check=True,
                capture_output=True,
            )
            package = next(Path(scratch).glob("python3-pip-whl*.deb"))
            run("dpkg", "-x", package, scratch)
            wheel = next(Path(scratch).glob("usr/share/python-wheels/pip-*.whl"))
        except (OSError, subprocess.CalledProcessError, StopIteration) as error:
            raise SetupFailed(
                "this Python has no pip and Debian's could not be downloaded.\n"
                "What to do: apt-get update && apt-get install python3-venv, then run make again.",
            ) from error
        run(VENV / "bin/python", wheel / "pip", "install", "--no-index", wheel)


def install() -> None:
    """Install the locked requirements with uv when it can be had, else with pip."""
    python = VENV / "bin/python"
    run(python, "-m", "pip", "install", "-q", "--require-hashes", "-r", "requirements/uv.txt")
    uv: list[str | Path] = [VENV / "bin/uv", "pip"]
    env = {"VIRTUAL_ENV": str(VENV)}
    run(*uv, "install", "-q", "--require-hashes", "-r", "requirements/dev.txt", env=env)
    own = [argument for folder in OWN for argument in ("-e", f"./{folder}")]
    run(*uv, "install", "-q", "--no-deps", "--no-build-isolation", *own, env=env)


def main() -> int:
    """Make .venv ready; returns the exit code."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        say(f"Python {sys.version.split()[0]} is not supported; give one of 3.11 to 3.13: make PYTHON=python3.12")
        return 1
    try:
        if not (VENV / "bin/pip").exists():
            say(f"creating .venv with Python {sys.version.split()[0]}")
            make_venv()
        say("installing the locked requirements")
        install()
    except SetupFailed as error:
        say(str(error))
        return 1
    (VENV / ".ready").touch()
    say("ready")
    return 0


if __name__ == "__main__":
    sys.exit(main())
