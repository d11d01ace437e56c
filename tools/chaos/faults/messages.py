"""F7: messages come again, out of order, or so late that others overtake them."""

import contextlib
import time
from collections.abc import Callable, Iterator

from tools.chaos.schedule import Card, Strike
from tools.chaos.stage import Missed, Stage, dice
from tools.chaos.tap import BrokerAway

_TRIES, _TRY_SECONDS = 20, 2.0

#: type -> the queue that waits for it
_QUEUES = {
    "orders.order_placed.v1": "catalog.events",
    "orders.payment_requested.v1": "users.events",
    "catalog.stock_reserved.v1": "orders.events",
    "users.payment_captured.v1": "orders.events",
}

CARDS = (
    Card(family="F7", name="repeat shuffled", targets=("the last 100 messages",), quick=True),
    Card(family="F7", name="hold up", targets=tuple(_QUEUES), shortest=3, longest=6),
)


@contextlib.contextmanager
def repeat_shuffled(stage: Stage, strike: Strike) -> Iterator[None]:
    """Send every second one of the latest messages again, in another order."""
    with _broker():
        stage.tap.replay(most=50, recent=100, dice=dice(strike))
    yield


@contextlib.contextmanager
def hold_up(stage: Stage, strike: Strike) -> Iterator[None]:
    """Keep one type of message back, so that everything else overtakes it; then send them in another order."""
    queue = _QUEUES[strike.target]
    with _broker():
        stage.tap.hold_up(key=strike.target, queue=queue)
    try:
        yield
    finally:
        let_go(stage, strike)


def let_go(stage: Stage, strike: Strike) -> None:
    """Lead the held messages on; what is held must arrive, so a broker that is away is waited for."""
    for left in reversed(range(_TRIES)):
        try:
            stage.tap.let_go(key=strike.target, queue=_QUEUES[strike.target], dice=dice(strike))
        except BrokerAway:
            if not left:
                raise
            time.sleep(_TRY_SECONDS)
        else:
            return


@contextlib.contextmanager
def _broker() -> Iterator[None]:
    try:
        yield
    except BrokerAway as away:
        raise Missed("the broker is away") from away


ACTIONS: dict[str, Callable[[Stage, Strike], contextlib.AbstractContextManager[None]]] = {
    "repeat shuffled": repeat_shuffled,
    "hold up": hold_up,
}
