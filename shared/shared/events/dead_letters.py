"""Dead events: list, show, replay, discard; and a home for what the broker dead-lettered.

An event dies in one of two places: in the outbox, when the broker refused it to the end (nobody listens to its type,
it is too large), or in the inbox, when its handler failed to the end.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from shared.errors import NotFound
from shared.events import failures, outgoing, registry
from shared.events.models import FailedEvent, OutboxEvent

OUTBOX, INBOX = "outbox", "inbox"
Event = TypeVar("Event", FailedEvent, OutboxEvent)


class NoSuchDeadLetter(NotFound):
    """There is no dead event with this id."""

    message = "There is no dead event with this id."


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """One dead event: where it died, how often it was tried, why that failed, and what it says."""

    where: str
    event_id: UUID
    type: str
    attempts: int
    error: str
    dead_at: datetime
    envelope: Any


def dead() -> Iterator[DeadLetter]:
    """Yield the dead events: those of the outbox, then those of the inbox, each the latest first."""
    return chain(
        (_from_outbox(row) for row in _in_outbox().order_by("-dead_at").iterator()),
        (_from_inbox(row) for row in _in_inbox().order_by("-dead_at").iterator()),
    )


def show(event_id: UUID) -> list[DeadLetter]:
    """Return the dead event, twice when it died in both places; raises NoSuchDeadLetter."""
    found = [_from_outbox(row) for row in _in_outbox().filter(event_id=event_id)]
    found += [_from_inbox(row) for row in _in_inbox().filter(event_id=event_id)]
    if not found:
        raise NoSuchDeadLetter
    return found


def about(*, event_type: str, subject: UUID) -> list[DeadLetter]:
    """Return the dead events of a type about one thing, the latest first.

    Args:
        event_type: the type.
        subject: what the events are about.
    """
    unsent = _in_outbox(event_type=event_type).filter(subject=subject)
    unhandled = _in_inbox(event_type=event_type).filter(envelope__subject=str(subject))
    found = [*map(_from_outbox, unsent), *map(_from_inbox, unhandled)]
    return sorted(found, key=lambda letter: letter.dead_at, reverse=True)


def replay(*, event_ids: Sequence[UUID] | None = None, event_type: str | None = None) -> int:
    """Give dead events their attempts back, due at once and with their old ids; returns how many.

    Args:
        event_ids: only these; all when absent.
        event_type: only this type; all when absent.
    """
    unsent = _in_outbox(event_ids, event_type).update(refusals=0, dead_at=None, next_attempt_at=None, last_error="")
    return unsent + _in_inbox(event_ids, event_type).update(attempts=1, dead_at=None, next_attempt_at=Now())


def discard(*, event_ids: Sequence[UUID]) -> int:
    """Delete dead events for good; returns how many."""
    return _in_outbox(event_ids).delete()[0] + _in_inbox(event_ids).delete()[0]


def record(*, body: Any, reason: str) -> None:
    """Keep a message that the broker dead-lettered: retried once when only its worker died, dead otherwise.

    Args:
        body: the message's decoded JSON value.
        reason: the broker's word: rejected, delivery_limit, expired, …
    """
    if reason == "expired":
        # Only the schedule's ticks may expire: one that nobody took in time was overtaken by the next.
        return
    envelope = _envelope_in(body)
    event_id, event_type = _identity(envelope)
    error = f"dead-lettered by the broker: {reason}"
    failures.record(event_id=event_id, event_type=event_type, envelope=envelope, error=error, dead=True)
    if reason == "delivery_limit":
        # One more attempt: the workers may have died of something else. Its failure makes it dead again.
        attempts = registry.retries_of(event_type).attempts
        rows = FailedEvent.objects.filter(event_id=event_id, attempts__lt=attempts)
        rows.update(attempts=attempts - 1, dead_at=None, next_attempt_at=Now())


def _in_outbox(event_ids: Sequence[UUID] | None = None, event_type: str | None = None) -> QuerySet[OutboxEvent]:
    """Return the dead rows of the outbox with these ids and this type."""
    return _chosen(OutboxEvent.objects.filter(dead_at__isnull=False), event_ids, event_type)


def _in_inbox(event_ids: Sequence[UUID] | None = None, event_type: str | None = None) -> QuerySet[FailedEvent]:
    """Return the dead rows of the inbox with these ids and this type."""
    return _chosen(FailedEvent.objects.filter(dead_at__isnull=False), event_ids, event_type)


def _chosen(rows: QuerySet[Event], event_ids: Sequence[UUID] | None, event_type: str | None) -> QuerySet[Event]:
    """Return those of the rows with these ids and this type."""
    if event_ids is not None:
        rows = rows.filter(event_id__in=event_ids)
    if event_type is not None:
        rows = rows.filter(type=event_type)
    return rows


def _from_outbox(row: OutboxEvent) -> DeadLetter:
    """Return a dead row of the outbox; its envelope is what would be sent."""
    return _letter(OUTBOX, row, row.refusals, row.last_error, outgoing.envelope_of(vars(row)))


def _from_inbox(row: FailedEvent) -> DeadLetter:
    """Return a dead row of the inbox; its envelope is what arrived."""
    return _letter(INBOX, row, row.attempts, row.error, row.envelope)


def _letter(where: str, row: OutboxEvent | FailedEvent, attempts: int, error: str, envelope: Any) -> DeadLetter:
    """Return what is the same in both places."""
    assert row.dead_at is not None  # noqa: S101 (only dead rows come here)
    return DeadLetter(
        where=where,
        event_id=row.event_id,
        type=row.type,
        attempts=attempts,
        error=error,
        dead_at=row.dead_at,
        envelope=envelope,
    )


def _envelope_in(body: Any) -> Any:
    """Return the envelope inside a task message, or the whole body when it is none."""
    match body:
        case [[envelope, *_], *_]:
            return envelope
        case _:
            return body


def _identity(envelope: Any) -> tuple[UUID, str]:
    """Return the event's id and type, made up from the content when it has none."""
    try:
        return UUID(envelope["id"]), str(envelope["type"])
    except (LookupError, TypeError, ValueError, AttributeError):
        return uuid.uuid5(uuid.NAMESPACE_OID, repr(envelope)), "unknown"
