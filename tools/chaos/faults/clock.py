"""F8: one process believes that it is five minutes later or earlier than all others."""

import contextlib
from collections.abc import Callable, Iterator

from devstack import config
from tools.chaos import skew
from tools.chaos.schedule import Card, Strike
from tools.chaos.stage import Stage

_SKEWS = {"clock ahead": "+300", "clock behind": "-300"}
_TARGETS = tuple(f"{service}.{process}" for service in config.SERVICES for process in ("worker", "relay"))

CARDS = tuple(Card(family="F8", name=name, targets=_TARGETS, shortest=4, longest=7) for name in _SKEWS)


@contextlib.contextmanager
def skewed(stage: Stage, strike: Strike) -> Iterator[None]:
    """Start a part again with another clock, and after a while with the right one."""
    stack, name = stage.system.stack, strike.target
    stage.pid(name)
    skew.write(stack=stack, part=name, seconds=_SKEWS[strike.name])
    _again(stage, name)
    try:
        yield
    finally:
        skew.clear(stack=stack, part=name)
        _again(stage, name)


def _again(stage: Stage, name: str) -> None:
    """Let a part start anew."""
    stage.system.kill(name)
    stage.system.wait_ready(name)


ACTIONS: dict[str, Callable[[Stage, Strike], contextlib.AbstractContextManager[None]]] = dict.fromkeys(_SKEWS, skewed)
