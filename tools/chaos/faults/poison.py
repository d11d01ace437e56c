"""F12: messages that nobody can read or handle; each has to end up dead, kept, and in nobody's way."""

import contextlib
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from tools.chaos.schedule import Card, Strike
from tools.chaos.stage import Missed, Stage, dice
from tools.chaos.tap import BrokerAway, Copy

TASK = "plaza.deliver"
_KEYS = ("orders.order_placed.v1", "orders.payment_requested.v1", "catalog.stock_reserved.v1")
_LARGE_BYTES = 1024 * 1024

_NAMES = (
    *("invalid JSON", "unknown type", "unknown version", "payload of 1 MiB", "data of another type"),
    *("handler that fails", "handler that dies"),
)

CARDS = tuple(Card(family="F12", name=name, targets=_KEYS, quick=True) for name in _NAMES)


@contextlib.contextmanager
def publish(stage: Stage, strike: Strike) -> Iterator[None]:
    """Publish one poisonous message, confirmed, and remember its mark."""
    mark = str(uuid.UUID(int=dice(strike).getrandbits(128)))
    message = Copy(key=strike.target, body=_BODIES[strike.name](mark, strike.target), properties=_properties(mark))
    try:
        stage.tap.send([message])
    except BrokerAway as away:
        # It may have arrived all the same: then it is no surprise, but it is not owed either.
        stage.doubtful.add(mark)
        raise Missed("the broker is away") from away
    stage.poison[mark] = f"{strike.name} for {strike.target}"
    yield


def _properties(mark: str) -> dict[str, Any]:
    headers = {"lang": "py", "task": TASK, "id": mark, "root_id": mark, "argsrepr": "", "kwargsrepr": ""}
    return {
        "content_type": "application/json",
        "content_encoding": "utf-8",
        "delivery_mode": 2,
        "message_id": mark,
        "correlation_id": mark,
        "application_headers": headers,
    }


def _invalid(mark: str, _key: str) -> bytes:
    return f"[[{{{mark} this is no JSON".encode()


def _unknown_type(mark: str, _key: str) -> bytes:
    return _task(mark, "chaos.nobody_knows.v1", {})


def _unknown_version(mark: str, key: str) -> bytes:
    return _task(mark, key.replace(".v1", ".v99"), {})


def _large(mark: str, key: str) -> bytes:
    return _task(mark, key, {"filler": "x" * _LARGE_BYTES})


def _other_data(mark: str, key: str) -> bytes:
    return _task(mark, key, {"order_id": "not an id", "mark": mark})


def _raised(mark: str, _key: str) -> bytes:
    return _task(mark, "chaos.raised.v1", {"mark": mark})


def _killed(mark: str, _key: str) -> bytes:
    return _task(mark, "chaos.killed.v1", {"mark": mark})


def _task(mark: str, event_type: str, data: dict[str, Any]) -> bytes:
    """Return a message as the relay sends it: Celery's protocol 2 around a CloudEvent."""
    event = {
        "specversion": "1.0",
        "id": mark,
        "source": "chaos",
        "type": event_type,
        "subject": mark,
        "time": "2026-01-01T00:00:00Z",
        "dataschema": f"/events/{event_type}.json",
        "data": data,
    }
    return json.dumps([[event], {"attempt": 0}, {}]).encode()


_BODIES: dict[str, Callable[[str, str], bytes]] = {
    "invalid JSON": _invalid,
    "unknown type": _unknown_type,
    "unknown version": _unknown_version,
    "payload of 1 MiB": _large,
    "data of another type": _other_data,
    "handler that fails": _raised,
    "handler that dies": _killed,
}
ACTIONS: dict[str, Callable[[Stage, Strike], contextlib.AbstractContextManager[None]]] = dict.fromkeys(_BODIES, publish)
