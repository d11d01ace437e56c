"""Programs in virtualenvs of their own: their packages need versions that the services do not want.

Each comes from hash-locked wheels (requirements/<name>.txt) and lives in the cache of the embedded stack.
"""

import fcntl
import os
import subprocess
import sys
import venv
from pathlib import Path

from devstack import config, errors


def program(*, lock: str, name: str) -> Path:
    """Return a program's path, installing it at the first call and after a change of its lock file.

    Args:
        lock: the name of the lock file, and of the virtualenv.
        name: the program's name in it.

    Raises:
        DevstackError: it cannot be installed.
    """
    home = config.from_environment(environ=os.environ).cache_dir / "apart" / lock
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_suffix(".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        locked = config.ROOT / "requirements" / f"{lock}.txt"
        done = home / "locked.txt"
        if not done.exists() or done.read_text() != locked.read_text():
            venv.create(home, clear=True, with_pip=False)
            command = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python3"), "install", "-q"]
            run(command=[*command, "--require-hashes", "-r", str(locked)], what=f"{lock} could not be installed")
            done.write_text(locked.read_text())
    return home / "bin" / name


def run(*, command: list[str], what: str) -> str:
    """Run a command and return what it printed; raises DevstackError with its last lines."""
    done = subprocess.run(  # noqa: S603 (fixed programs)
        command, cwd=config.ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        why = "\n".join((done.stdout + done.stderr).strip().splitlines()[-40:])
        raise errors.DevstackError(what, why=why)
    return done.stdout
