"""Which function of this service handles which event; the queue's bindings follow from it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from shared.events.contracts import Contract


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


def handles(contract: type[Event]) -> Callable[[Handler[Event]], Handler[Event]]:
    """Register a function as this service's handler of a contract; raises ValueError if there is one already."""

    def register(handler: Handler[Event]) -> Handler[Event]:
        if contract.TYPE in _handlers:
            raise ValueError(f"{contract.TYPE} already has the handler {_handlers[contract.TYPE].__name__}.")
        _handlers[contract.TYPE] = handler
        return handler

    return register


def handler_of(event_type: str) -> Handler | None:  # type: ignore[type-arg]
    """Return the handler of a type, or None."""
    return _handlers.get(event_type)


def handled_types() -> list[str]:
    """Return the types that this service handles, sorted."""
    return sorted(_handlers)
