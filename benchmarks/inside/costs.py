"""What the hot paths of a service cost, measured inside one process."""

import importlib
import statistics
import time

from django.conf import settings

from benchmarks import machine
from benchmarks.inside import gauges, mutants
from benchmarks.inside.customers import jwks
from benchmarks.inside.paths import Path
from shared.testing import effort

__all__ = ["jwks", "measured", "repeated"]

_WARM, _COUNTED = 3, 3
_SLICE = 0.01  # seconds of CPU


def measured(*, rounds: int, mutant: str, only: str = "") -> dict[str, dict[str, float]]:
    """Return calls, statements, pages and yardsticks of CPU by path.

    Args:
        rounds: of measuring CPU, path and yardstick in turn.
        mutant: of `mutants`, which is at work meanwhile.
        only: this path; default: all of the service.
    """
    with mutants.at_work(mutant):
        return {name: _of(path, rounds) for name, path in _paths().items() if only in {"", name}}


def repeated(*, path: str, count: int) -> dict[str, float]:
    """Take a path so many times; returns count, seconds, and CPU seconds of this thread and its PostgreSQL backend."""
    found, pid = _paths()[path], gauges.backend()
    begun, before, own = time.monotonic(), machine.cpu_seconds(pid), 0.0
    for _ in range(count):
        own += gauges.cpu(_prepared(found))
    cpu = own + machine.cpu_seconds(pid) - before
    return {"count": count, "seconds": time.monotonic() - begun, "cpu": cpu}


def _paths() -> dict[str, Path]:
    settings.JWKS_PROVIDER = "shared.testing.tokens.jwks"
    module = importlib.import_module(f"benchmarks.inside.paths.{settings.SERVICE}")
    found: dict[str, Path] = module.paths()
    return found


def _of(path: Path, rounds: int) -> dict[str, float]:
    """Return what one path costs at its best: what comes on top is chance."""
    for _ in range(_WARM):
        _prepared(path)()
    figures = {
        name: min(gauge(_prepared(path)) for _ in range(_COUNTED))
        for name, gauge in {"calls": effort.calls, "statements": gauges.statements, "pages": gauges.pages}.items()
    }
    return figures | {"cpu": _yardsticks(path, rounds)}


def _prepared(path: Path) -> gauges.Act:
    path.prepare()
    return path.act


def _yardsticks(path: Path, rounds: int) -> float:
    """Return how many yardsticks of CPU the path takes, over rounds in which they took turns.

    Its least against their median: a busy machine can only make that smaller, never break a build by chance.
    """
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(_slice(path))
        theirs.append(_slice(Path(act=gauges.yardstick)))
    return min(ours) / statistics.median(theirs)


def _slice(path: Path) -> float:
    """Return the CPU seconds of an act, as the mean over a hundredth of a second."""
    spent, count = 0.0, 0
    while spent < _SLICE:
        spent += gauges.cpu(_prepared(path))
        count += 1
    return spent / count
