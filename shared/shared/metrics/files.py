"""The directory in which processes with children share their metrics: what the dead leave is folded together.

prometheus_client gives every process files of its own and never takes them away, so that children which come and go
would make each scrape slower. Here the files of dead processes become one for each kind; no count is lost.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

_DEAD = "dead"  # stands where a living process's files have its number


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Keep others from folding, and so a scrape from seeing a count twice or not at all."""
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fold(directory: Path) -> None:
    """Put the files of dead processes together; call it while the directory is held.

    A process that is killed between the two steps leaves counts twice; only the end of the whole container, whose
    next start empties the directory, does that.
    """
    for path in directory.glob("*.db"):
        kind, _, owner = path.stem.rpartition("_")
        if owner == _DEAD or _lives(int(owner)):
            continue
        if not kind.startswith("gauge_live"):
            _add(path, directory / f"{kind}_{_DEAD}.db", kind)
        path.unlink()


def _lives(pid: int) -> bool:
    """Return whether a process still runs, or waits for its parent to notice that it does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, who has got the number of a dead one: later then
        return True
    return True


def _add(path: Path, total: Path, kind: str) -> None:
    """Add one file to what the dead have left of its kind."""
    values = MmapedDict(str(total))
    try:
        old = {key: (value, at) for key, value, at in values.read_all_values()}
        for key, value, at, _ in _read(path):
            value_before, at_before = old.get(key, (0.0, 0.0))
            if kind in {"counter", "histogram", "summary"}:
                values.write_value(key, value_before + value, at)
            elif (at, value) > (at_before, value_before) if kind == "gauge_mostrecent" else value > value_before:
                values.write_value(key, value, at)
    finally:
        values.close()


def _read(path: Path) -> Iterable[tuple[str, float, float, int]]:
    """Return what a file holds; one that was only just made holds nothing."""
    return MmapedDict.read_all_values_from_file(str(path)) if path.stat().st_size else ()
