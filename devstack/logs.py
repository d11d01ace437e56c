"""Log files, one per part: bounded in size, shown by their last lines, followed like `tail -f`."""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from devstack import errors

LARGEST_BYTES = 10 * 1024 * 1024
KEPT = 2
"""Older files beside the current one: .1 and .2."""


def rotate(*, path: Path, largest: int = LARGEST_BYTES) -> bool:
    """Move a log that has grown too large aside.

    The process keeps its open file, so the content is copied and the file emptied; it was opened for appending.
    A line written between the two steps may be lost.
    """
    try:
        if path.stat().st_size < largest:
            return False
    except OSError:
        return False
    for number in range(KEPT, 1, -1):
        older = path.with_name(f"{path.name}.{number - 1}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)
    return True


def tail(*, path: Path, lines: int, end: int | None = None) -> list[str]:
    """Return the last lines of a file (up to a place in it), reading at most 64 KiB; a missing file has none."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END) if end is None else end
            start = stream.seek(max(0, size - 64 * 1024))
            content = stream.read(size - start).decode(errors="replace")
    except OSError:
        return []
    return content.splitlines()[-lines:]


def matching(*, directory: Path, part: str) -> list[Path]:
    """Return the log files of a part, of all processes of a service, or of everything.

    Raises DevstackError when there are none.
    """
    found = [path for path in sorted(directory.glob("*.log")) if not part or (path.stem + ".").startswith(part + ".")]
    if not found:
        known = ", ".join(sorted(path.stem for path in directory.glob("*.log"))) or "none, nothing has run yet"
        raise errors.DevstackError(f"no log of {part or 'any part'}", why=f"logs there are: {known}")
    return found


def follow(*, paths: Sequence[Path], lines: int, forever: bool = True) -> Iterator[tuple[str, str]]:
    """Yield (part, line): first the last lines of every file, then each new line as it comes."""
    places = {path: path.stat().st_size if path.exists() else 0 for path in paths}
    for path in paths:
        for line in tail(path=path, lines=lines, end=places[path]):
            yield path.stem, line
    while forever:
        time.sleep(0.3)
        for path in paths:
            for line in _new(path=path, places=places):
                yield path.stem, line


def _new(*, path: Path, places: dict[Path, int]) -> list[str]:
    size = path.stat().st_size if path.exists() else 0
    start = places[path] if places[path] <= size else 0  # emptied by the rotation
    if size == start:
        return []
    with path.open("rb") as stream:
        stream.seek(start)
        content = stream.read(size - start)
    whole = content.rfind(b"\n") + 1
    places[path] = start + whole
    return content[:whole].decode(errors="replace").splitlines()
