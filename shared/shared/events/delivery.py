"""Handling one arrived event: exactly once in effect, never lost.

The inbox row, the handler's effect and the events it appends commit together; the message is acknowledged after that.
A handler that fails rolls all of it back and leaves a row for its next attempt. A database that is away is waited for.
"""

import logging
import random
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.db import Error as DatabaseFault
from django.db import connection, transaction

from shared import context, metrics, tracing
from shared.db import prepared
from shared.db.faults import is_outage, is_transient
from shared.events import envelope as envelopes
from shared.events import failures, registry, spans
from shared.events.contracts import Contract
from shared.events.envelope import Envelope, MalformedEvent
from shared.logging import frequent

log = logging.getLogger(__name__)

HANDLED, DUPLICATE, RETRIED, DEAD = "handled", "duplicate", "retried", "dead"

_INBOX = "INSERT INTO events_inbox (event_id, type) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_TRANSIENT_TRIES = 3
_MOST_LOSSES = 3
_LONGEST_OUTAGE = 600.0  # seconds to wait inside the task; below the broker's 30 minutes for an acknowledgement


class DatabaseAway(Exception):
    """The database did not come back in time; the message goes back to the queue."""


class WorkerLost(Exception):
    """Whoever took the event before did not live to acknowledge it."""


def deliver(raw: Any, *, attempt: int = 0, losses: int = 0) -> str:
    """Handle one event and return its outcome: handled, duplicate, retried or dead.

    Args:
        raw: the envelope as decoded from JSON.
        attempt: how often it has failed before.
        losses: how often its message came back, as its worker died or lost the broker. After three it is a failed
            attempt and pauses: a few events that kill their workers would leave none to the others.

    Raises:
        DatabaseAway: nothing could be recorded; the message must not be acknowledged.
    """
    started = time.monotonic()
    ids: dict[str, str] = {}
    try:
        event = envelopes.read(raw)
    except MalformedEvent as malformed:
        cause = malformed
        outcome, kind = _while_database_is_away(lambda: _bury(raw, cause)), "unknown"
    else:
        kind = event.type if registry.handler_of(event.type) else "unknown"
        ids = {"event_id": str(event.id), "request_id": event.requestid, "trace_id": event.traceparent[3:35]}
        with context.bound(request_id=event.requestid, event_id=str(event.id)):
            outcome = _while_database_is_away(lambda: _attempt(event, raw, attempt, losses))
    metrics.EVENTS_HANDLED.labels(type=kind, outcome=outcome).inc()
    seconds = round(time.monotonic() - started, 6)
    frequent.info(log, "event_handled", {"event_type": kind, "outcome": outcome, "seconds": seconds, **ids})
    return outcome


def _attempt(event: Envelope, raw: Any, attempt: int, losses: int) -> str:
    """Handle a readable event once; a failure is recorded, only an outage of the database is raised."""
    told = spans.of_handling(event)
    with tracing.span(f"handle {event.type}", parent=event.traceparent, kind=tracing.CONSUMER, attributes=told):
        try:
            contract, handler = _understood(event)
            if losses >= _MOST_LOSSES:
                return _failed(event, raw, WorkerLost(f"{losses} workers took it and did not come back."))
            return _run(event, contract, handler, attempt)
        except MalformedEvent as error:
            return _bury(raw, error, event=event)
        except Exception as error:
            if is_outage(error):
                raise
            return _failed(event, raw, error)


def _understood(event: Envelope) -> tuple[Contract, registry.Handler]:  # type: ignore[type-arg]
    """Return the typed event and its handler; raises MalformedEvent."""
    handler = registry.handler_of(event.type)
    if handler is None:
        raise MalformedEvent(f"This service has no handler for {event.type!r}.")
    return event.contract(), handler


def _run(event: Envelope, contract: Contract, handler: registry.Handler, attempt: int) -> str:  # type: ignore[type-arg]
    """Run the handler with its inbox row in one transaction, again at once after a deadlock."""
    for left in reversed(range(_TRANSIENT_TRIES)):
        try:
            with transaction.atomic():
                if not _first_time(event):
                    _forget(event, attempt)
                    return DUPLICATE
                handler(contract, _context(event, attempt))
                _forget(event, attempt)
        except DatabaseFault as error:
            if not (left and is_transient(error)):
                raise
        else:
            delay = time.time() - event.time.timestamp()
            metrics.EVENT_DELIVERY.labels(type=event.type).observe(max(delay, 0))
            return HANDLED
    raise AssertionError("the last try returns or raises")


def _first_time(event: Envelope) -> bool:
    """Write the inbox row; a concurrent duplicate waits here until the first one has committed."""
    return prepared.execute(_INBOX, [event.id, event.type]) == 1


def _forget(event: Envelope, attempt: int) -> None:
    """Take a retried event off the failed ones."""
    if attempt:
        failures.forget(event.id)


def _context(event: Envelope, attempt: int) -> registry.Context:
    """Return what the handler may know about the event's journey."""
    return registry.Context(
        event_id=event.id,
        type=event.type,
        subject=event.subject,
        occurred_at=event.time,
        attempt=attempt + 1,
        traceparent=event.traceparent,
        request_id=event.requestid,
    )


def _failed(event: Envelope, raw: Any, error: Exception) -> str:
    """Record a failed attempt; returns retried or dead."""
    tracing.failed(tracing.current(), error)
    log.error("event_failed", exc_info=error, extra={"event_type": event.type})
    text = f"{type(error).__name__}: {error}"
    dead = failures.record(event_id=event.id, event_type=event.type, envelope=raw, error=text)
    return DEAD if dead else RETRIED


def _bury(raw: Any, error: MalformedEvent, *, event: Envelope | None = None) -> str:
    """Record an unreadable event as dead at once; the same bytes get the same id."""
    log.error("event_malformed", extra={"cause": error.message})
    event_id = event.id if event else uuid.uuid5(uuid.NAMESPACE_OID, repr(raw))
    event_type = event.type if event else "unknown"
    failures.record(event_id=event_id, event_type=event_type, envelope=raw, error=error.message, dead=True)
    return DEAD


def _while_database_is_away(act: Callable[[], str]) -> str:
    """Run `act`, and again while the database cannot be reached; raises DatabaseAway after ten minutes."""
    deadline, pause = time.monotonic() + _LONGEST_OUTAGE, 0.2
    while True:
        try:
            return act()
        except DatabaseFault as error:
            if not is_outage(error):
                raise
            if time.monotonic() > deadline:
                raise DatabaseAway(str(error)) from error
        log.warning("event_waits_for_database")
        connection.close()
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 (jitter)
        pause = min(pause * 2, 5.0)
