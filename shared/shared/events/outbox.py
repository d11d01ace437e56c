"""Writing events: in the transaction that causes them, or not at all."""

from typing import Any
from uuid import UUID

from django.db import connection, transaction

from shared import context, hints, tracing
from shared.db import prepared
from shared.db.models import uuid7
from shared.events.contracts import Contract
from shared.events.envelope import LARGEST_BYTES, MalformedEvent

WAKE_CHANNEL = "outbox"

# By hand: building the same through the ORM costs several times what PostgreSQL needs to execute it.
_APPEND = """
INSERT INTO events_outbox (event_id, type, subject, data, traceparent, request_id)
SELECT event.id, event.type, event.subject, event.data, %(traceparent)s, %(request_id)s
  FROM ROWS FROM (unnest(%(ids)s::uuid[]), unnest(%(types)s::text[]), unnest(%(subjects)s::uuid[]),
                  jsonb_array_elements(%(data)s::jsonb))
       WITH ORDINALITY AS event (id, type, subject, data, position)
 ORDER BY event.position
"""


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
    ids = [uuid7() for _ in events]
    values: dict[str, Any] = {
        "ids": prepared.array(ids),
        "types": prepared.array(event.TYPE for event in events),
        "subjects": prepared.array(event.subject for event in events),
        "data": f"[{','.join(map(_json, events))}]",  # as an array of texts each quotation mark would be quoted
        "traceparent": tracing.traceparent(),
        "request_id": context.request_id.get(),
    }
    prepared.execute(_APPEND, values)
    transaction.on_commit(_wake)
    return ids


def _json(event: Contract) -> str:
    """Return what the event says as JSON; raises MalformedEvent when it is too large to be sent."""
    data = event.model_dump_json()
    size = len(data.encode())
    if size > LARGEST_BYTES:
        raise MalformedEvent(f"{event.TYPE} has {size} bytes; at most {LARGEST_BYTES} may be sent.")
    return data


def _wake() -> None:
    """Tell the relay that there is work; only a hint, its slow poll is the net."""
    hints.publish(WAKE_CHANNEL)
