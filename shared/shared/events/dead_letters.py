"""Dead events: list, show, replay, discard; and a home for what the broker dead-lettered."""

import uuid
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from shared.errors import NotFound
from shared.events import failures, registry
from shared.events.models import FailedEvent


class NoSuchDeadLetter(NotFound):
    """There is no dead event with this id."""

    message = "There is no dead event with this id."


def dead() -> QuerySet[FailedEvent]:
    """Return the dead events, the latest first."""
    return FailedEvent.objects.filter(dead_at__isnull=False).order_by("-dead_at")


def show(event_id: UUID) -> FailedEvent:
    """Return one dead event; raises NoSuchDeadLetter."""
    found = dead().filter(event_id=event_id).first()
    if found is None:
        raise NoSuchDeadLetter
    return found


def replay(*, event_ids: list[UUID] | None = None, event_type: str | None = None) -> int:
    """Give dead events their attempts back, due at once and with their old ids; returns how many.

    Args:
        event_ids: only these; all when absent.
        event_type: only this type; all when absent.
    """
    return _chosen(event_ids, event_type).update(attempts=1, dead_at=None, next_attempt_at=Now())


def discard(*, event_ids: list[UUID]) -> int:
    """Delete dead events for good; returns how many."""
    return _chosen(event_ids, None).delete()[0]


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


def _chosen(event_ids: list[UUID] | None, event_type: str | None) -> QuerySet[FailedEvent]:
    """Return the dead events with these ids and this type."""
    rows = FailedEvent.objects.filter(dead_at__isnull=False)
    if event_ids is not None:
        rows = rows.filter(event_id__in=event_ids)
    if event_type is not None:
        rows = rows.filter(type=event_type)
    return rows


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
