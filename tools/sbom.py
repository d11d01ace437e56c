"""What the images are made of, as CycloneDX: `python -m tools.sbom` writes sbom/plaza.json from the locked versions.

The generator lives in a virtualenv of its own in the cache, from hash-locked wheels: it needs versions of packages that
the services do not want.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

from devstack import cli, config, errors

LOCKED = config.ROOT / "requirements" / "sbom.txt"
TARGET = config.ROOT / "sbom" / "plaza.json"


def generator(*, cache: Path) -> Path:
    """Return the generator's program, installing it at the first call.

    Raises DevstackError when it cannot be installed.
    """
    home = cache / "sbom"
    done = home / "locked.txt"
    if not done.exists() or done.read_text() != LOCKED.read_text():
        venv.create(home, clear=True, with_pip=False)
        command = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python3"), "install", "-q"]
        _run([*command, "--require-hashes", "-r", str(LOCKED)], what="the generator could not be installed")
        done.write_text(LOCKED.read_text())
    return home / "bin" / "cyclonedx-py"


def write(*, cache: Path, target: Path) -> Path:
    """Write the bill of materials and return its path; raises DevstackError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [str(generator(cache=cache)), "requirements", str(config.ROOT / "requirements" / "runtime.txt")]
    _run([*command, "--output-reproducible", "--of", "JSON", "-o", str(target)], what="no bill of materials was made")
    return target


def _run(command: list[str], *, what: str) -> None:
    done = subprocess.run(  # noqa: S603 (fixed programs)
        command, capture_output=True, text=True, check=False
    )
    if done.returncode:
        why = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise errors.DevstackError(what, why=why, remedy="check the network, then run `make sbom` again")


def main() -> int:
    """Run the command line; returns the exit code."""
    try:
        path = write(cache=config.from_environment(environ=os.environ).cache_dir, target=TARGET)
    except errors.DevstackError as error:
        cli.explain(error=error)
        return 1
    sys.stdout.write(f"{path.relative_to(config.ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
