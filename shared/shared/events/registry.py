"""Which function of this service handles which event; the queue's bindings follow from it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from shared.events.contracts import Contract
from shared.events.retries import DEFAULT, Retries


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a handler may know about the event's journey."""

    event_id: UUID
    type: str
    subject: UUID
    occurred_at: datetime
    attempt: int
    traceparent: str
    request_id: str


Event = TypeVar("Event", bound=Contract)
Handler = Callable[[Event, Context], None]

_handlers: dict[str, Handler] = {}  # type: ignore[type-arg]
_retries: dict[str, Retries] = {}


def handles(contract: type[Event], *, retries: Retries = DEFAULT) -> Callable[[Handler[Event]], Handler[Event]]:
    """Register a function as this service's handler of a contract.

    Args:
        contract: what it handles.
        retries: what happens after it has failed.

    Raises:
        ValueError: the contract has a handler already.
    """

    def register(handler: Handler[Event]) -> Handler[Event]:
        if contract.TYPE in _handlers:
            raise ValueError(f"{contract.TYPE} already has the handler {_handlers[contract.TYPE].__name__}.")
        _handlers[contract.TYPE], _retries[contract.TYPE] = handler, retries
        return handler

    return register


def handler_of(event_type: str) -> Handler | None:  # type: ignore[type-arg]
    """Return the handler of a type, or None."""
    return _handlers.get(event_type)


def retries_of(event_type: str) -> Retries:
    """Return the schedule of a type's retries."""
    return _retries.get(event_type, DEFAULT)


def handled_types() -> list[str]:
    """Return the types that this service handles, sorted."""
    return sorted(_handlers)
