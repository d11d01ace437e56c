"""Compile requirements/*.in into hash-locked *.txt; with --check only say whether they are up to date."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path("requirements")
NAMES = ("uv", "build", "runtime", "dev", "chart", "sbom", "checkov", "bench")
ALONE = ("chart",)
"""Compiled without dependencies: only the named packages are wanted."""
UV = Path(sys.executable).parent / "uv"


def compile_to(name: str, target: Path) -> None:
    """Resolve one input file for Python 3.11 to 3.13 on every platform, with hashes and without addresses."""
    options = "--universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url"
    alone = ["--no-deps"] if name in ALONE else []
    subprocess.run(  # noqa: S603 (fixed command)
        [UV, "pip", "compile", "-q", *options.split(), *alone, FOLDER / f"{name}.in", "-o", target],
        check=True,
    )


def stale() -> list[str]:
    """Return the names whose lock file would change, keeping the versions already chosen."""
    changed = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in NAMES:
            locked = FOLDER / f"{name}.txt"
            fresh = Path(scratch) / locked.name
            fresh.write_text(locked.read_text() if locked.exists() else "")
            compile_to(name, fresh)
            if fresh.read_text() != locked.read_text():
                changed.append(name)
    return changed


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        changed = stale()
        for name in changed:
            sys.stderr.write(f"requirements/{name}.txt does not match requirements/{name}.in: run `make lock`\n")
        return 1 if changed else 0
    for name in NAMES:
        compile_to(name, FOLDER / f"{name}.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
