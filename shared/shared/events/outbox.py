"""Writing events: in the transaction that causes them, or not at all."""

from uuid import UUID

import orjson
from django.db import connection, transaction

from shared import context, hints, tracing
from shared.db.models import uuid7
from shared.events.contracts import Contract
from shared.events.envelope import LARGEST_BYTES, MalformedEvent
from shared.events.models import OutboxEvent

WAKE_CHANNEL = "outbox"


class OutsideTransaction(RuntimeError):
    """An event was appended outside of the transaction of its cause: a defect in the caller."""


def append(*events: Contract) -> list[UUID]:
    """Write events to the outbox within the current transaction; the relay is woken when it commits.

    Args:
        events: what happened, in order; written with one INSERT.

    Returns:
        The new events' ids.

    Raises:
        OutsideTransaction: there is no transaction for the events to share.
        MalformedEvent: an event is too large to be sent.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction("Append events inside transaction.atomic, together with their cause.")
    rows = [_row(event) for event in events]
    OutboxEvent.objects.bulk_create(rows)
    transaction.on_commit(_wake)
    return [row.event_id for row in rows]


def _row(event: Contract) -> OutboxEvent:
    """Return the event as a row, with the ids of what is being worked on."""
    data = event.model_dump(mode="json")
    size = len(orjson.dumps(data))
    if size > LARGEST_BYTES:
        raise MalformedEvent(f"{event.TYPE} has {size} bytes; at most {LARGEST_BYTES} may be sent.")
    return OutboxEvent(
        event_id=uuid7(),
        type=event.TYPE,
        subject=event.subject,
        data=data,
        traceparent=tracing.traceparent(),
        request_id=context.request_id.get(),
    )


def _wake() -> None:
    """Tell the relay that there is work; only a hint, its slow poll is the net."""
    hints.publish(WAKE_CHANNEL)
