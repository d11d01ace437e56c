"""F6: one service loses one store while all others keep it."""

import contextlib
from collections.abc import Callable, Iterator

from tools.chaos.proxy import Mode
from tools.chaos.schedule import Card, Strike
from tools.chaos.stage import Stage

_LATENCY_SECONDS = 0.1
_LINES = (
    "users-rabbitmq",
    "catalog-rabbitmq",
    "orders-rabbitmq",
    "users-postgres",
    "catalog-postgres",
    "orders-postgres",
)
_MODES = {
    "cut line": Mode.CUT,
    "reset line": Mode.RESET,
    "silent line": Mode.BLACK_HOLE,
    "slow line": Mode.LATENCY,
}

CARDS = tuple(Card(family="F6", name=name, targets=_LINES, shortest=3, longest=8) for name in _MODES)


@contextlib.contextmanager
def break_line(stage: Stage, strike: Strike) -> Iterator[None]:
    """Make one line bad for a while."""
    service, _, store = strike.target.partition("-")
    stage.network.set(service=service, store=store, mode=_MODES[strike.name], delay=_LATENCY_SECONDS)
    try:
        yield
    finally:
        stage.network.set(service=service, store=store, mode=Mode.PASS)


ACTIONS: dict[str, Callable[[Stage, Strike], contextlib.AbstractContextManager[None]]] = dict.fromkeys(
    _MODES, break_line
)
