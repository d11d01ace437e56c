"""Reading the outbox and turning its rows into messages; used by the relay only."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection
from django.utils import timezone

from shared.db import prepared
from shared.events.envelope import schema_address
from shared.events.frames import Message
from shared.events.models import OutboxEvent

MOST_REFUSALS = 8

# Ids as texts, which is what becomes of them.
_UNSENT = """
SELECT id, event_id::text AS event_id, type, subject::text AS subject, data, traceparent, request_id, occurred_at
  FROM events_outbox
 WHERE sent_at IS NULL AND dead_at IS NULL AND (next_attempt_at IS NULL OR next_attempt_at <= now())
"""
_FIRST = f"{_UNSENT} ORDER BY id LIMIT %(limit)s"
# Whoever loses a mark, with the power of the database, sends once more: nobody need wait until it is on the disk.
_SENT = """
UPDATE events_outbox SET sent_at = now()
  FROM (SELECT set_config('synchronous_commit', 'off', true)) AS hurry
 WHERE id = ANY(%(sent)s::bigint[])
"""
# What a statement writes, it does not see yet.
_NEXT = f"WITH marked AS ({_SENT}) {_UNSENT} AND id <> ALL(%(sent)s::bigint[]) ORDER BY id LIMIT %(limit)s"


def unsent(*, limit: int, sent: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Return the oldest unsent events that may be tried now.

    Args:
        limit: at most so many.
        sent: rows that the broker has confirmed, which are marked with the same statement.
    """
    values: dict[str, Any] = {"limit": limit, "sent": prepared.array(sent)}
    rows = prepared.named(_NEXT if sent else _FIRST, values)
    for row in rows:
        row["data"] = orjson.Fragment(row["data"])  # JSON text already; it goes out as it is
    return rows


def envelope_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the CloudEvents envelope of an outbox row."""
    return {
        "specversion": "1.0",
        "id": row["event_id"],
        "source": f"/plaza/{settings.SERVICE}",
        "type": row["type"],
        "subject": row["subject"],
        "time": row["occurred_at"],
        "datacontenttype": "application/json",
        "dataschema": schema_address(row["type"]),
        "sequence": row["id"],
        "traceparent": row["traceparent"],
        "requestid": row["request_id"],
        "data": row["data"],
    }


def message(row: Mapping[str, Any]) -> Message:
    """Return the message of an outbox row, addressed by its type."""
    return _task_message(envelope_of(row), row["event_id"], 0, row["type"])


def retry_message(envelope: Mapping[str, Any], event_id: UUID, attempts: int, key: str) -> Message:
    """Return the message that brings a failed event back to its own service."""
    return _task_message(envelope, event_id, attempts, key)


def _task_message(envelope: Mapping[str, Any], event_id: UUID, attempt: int, key: str) -> Message:
    """Return a message in Celery's protocol 2 for the one consumer task."""
    body = orjson.dumps([[envelope], {"attempt": attempt}, {}])
    return Message(id=str(event_id), routing_key=key, body=body)


def mark_sent(ids: Sequence[int]) -> None:
    """Note that the broker has confirmed these rows."""
    if ids:
        values: dict[str, Any] = {"sent": prepared.array(ids)}
        prepared.execute(_SENT, values)


def mark_refused(reasons: Mapping[int, str]) -> None:
    """Count a refusal of the broker (unroutable, too large); the eighth makes the row dead, for a person to see."""
    for row_id, reason in reasons.items():
        with connection.cursor() as cursor:
            cursor.execute(_REFUSE, {"id": row_id, "reason": reason[:500], "most": MOST_REFUSALS})


_REFUSE = """
UPDATE events_outbox
   SET refusals = refusals + 1,
       last_error = %(reason)s,
       next_attempt_at = now() + make_interval(secs => least(power(2, refusals), 60)),
       dead_at = CASE WHEN refusals + 1 >= %(most)s THEN now() END
 WHERE id = %(id)s
"""


def pending() -> tuple[int, float]:
    """Return how many events are unsent, and the age of the oldest in seconds (0 when there is none)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(extract(epoch FROM now() - min(occurred_at)), 0)"
            " FROM events_outbox WHERE sent_at IS NULL AND dead_at IS NULL"
        )
        count, age = cursor.fetchone()
    return count, float(age)


def dead_count() -> int:
    """Return how many events the broker has refused to the end."""
    return OutboxEvent.objects.filter(dead_at__isnull=False).count()


def send_again(*, since: datetime, types: Sequence[str] = ()) -> int:
    """Let the relay send once more what happened since a time; returns how many events.

    Whoever has handled one knows it by its id, for 30 days. It brings up to date who was restored from an older backup.

    Args:
        since: the time.
        types: only these; all when empty.
    """
    found = OutboxEvent.objects.filter(occurred_at__gte=since, sent_at__isnull=False)
    return (found.filter(type__in=types) if types else found).update(sent_at=None)


def purge(*, older_than_days: int, batch: int = 1000) -> int:
    """Delete sent events older than the given days, in batches by key; returns how many."""
    old = OutboxEvent.objects.filter(sent_at__lt=timezone.now() - timedelta(days=older_than_days))
    total = 0
    while ids := list(old.order_by("sent_at").values_list("id", flat=True)[:batch]):
        total += OutboxEvent.objects.filter(id__in=ids).delete()[0]
    return total
