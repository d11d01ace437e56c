"""What a line of log, an event and an error share: the ids of the request or event being worked on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
event_id: ContextVar[str] = ContextVar("event_id", default="")
user_id: ContextVar[str] = ContextVar("user_id", default="")
waited: ContextVar[float] = ContextVar("waited", default=0.0)
"""Seconds that the client of this request has chosen to wait so far."""

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """Set the named ids (request_id, event_id, user_id) for the block and put the old ones back after it."""
    variables = {"request_id": request_id, "event_id": event_id, "user_id": user_id}
    tokens = [(variables[name], variables[name].set(value)) for name, value in values.items()]
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)


def current() -> dict[str, str]:
    """Return the ids that are set, for a log line."""
    ids = {"request_id": request_id.get(), "event_id": event_id.get(), "user_id": user_id.get()}
    return {name: value for name, value in ids.items() if value}
