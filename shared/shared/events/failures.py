"""Failed events: kept in the database, tried again with backoff and jitter, dead after the last attempt.

Nothing here relies on the broker's timers; the relay sends what is due back to the service's own queue.
"""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from psycopg.types.json import Jsonb

from shared.events import registry
from shared.events.models import FailedEvent

_LEASE_SECONDS = 60  # a retry that was sent is not sent again for this long


@dataclass(frozen=True, kw_only=True)
class DueEvent:
    """A failed event whose time has come."""

    event_id: UUID
    attempts: int
    envelope: dict[str, Any]


_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

_RECORD = """
INSERT INTO events_failed AS f (event_id, type, envelope, attempts, error, failed_at, next_attempt_at, dead_at)
VALUES (%(id)s, %(type)s, %(envelope)s, 1, %(error)s, now(),
        now() + make_interval(secs => (CASE WHEN %(jitter)s THEN random() ELSE 1 END) * least(%(base)s, %(longest)s)),
        CASE WHEN %(dead)s OR %(attempts)s <= 1 THEN now() END)
ON CONFLICT (event_id) DO UPDATE
   SET attempts = f.attempts + 1,
       error = excluded.error,
       failed_at = now(),
       next_attempt_at = now() + make_interval(secs => (CASE WHEN %(jitter)s THEN random() ELSE 1 END)
                                               * least(%(base)s * power(2, f.attempts), %(longest)s)),
       dead_at = CASE WHEN %(dead)s OR f.attempts + 1 >= %(attempts)s THEN now() END
RETURNING attempts, dead_at IS NOT NULL
"""


def record(*, event_id: UUID, event_type: str, envelope: Any, error: str, dead: bool = False) -> bool:
    """Note a failed attempt and when to try again: as the type's handler was registered.

    Args:
        event_id: the event.
        event_type: its type, as far as it is known.
        envelope: what arrived, JSON-ready.
        error: what went wrong, in a line.
        dead: trying again makes no sense.

    Returns:
        Whether the event is dead now.
    """
    retries = registry.retries_of(event_type)
    values: dict[str, Any] = {
        "id": event_id,
        "type": _storable(event_type)[:100],
        "envelope": Jsonb(envelope, dumps=_json),
        "error": _storable(error)[:1000],
        "dead": dead,
        "attempts": retries.attempts,
        "base": retries.base,
        "longest": retries.longest,
        "jitter": retries.jitter,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, values)
        _, is_dead = cursor.fetchone()
    return bool(is_dead)


def _storable(text: str) -> str:
    """Return the text without NUL, which PostgreSQL does not take."""
    return text.replace("\0", "\ufffd")


def _json(value: Any) -> str:
    """Return JSON that jsonb takes: an escaped NUL becomes the replacement character."""
    return _ESCAPED_NUL.sub("\\1\ufffd", orjson.dumps(value).decode())


def claim_due(*, limit: int) -> list[DueEvent]:
    """Return failed events that are due, and postpone them by a lease so that they are not sent twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE events_failed SET next_attempt_at = now() + make_interval(secs => %s) WHERE event_id IN ("
            " SELECT event_id FROM events_failed WHERE dead_at IS NULL AND next_attempt_at <= now()"
            " ORDER BY next_attempt_at LIMIT %s FOR UPDATE SKIP LOCKED)"
            " RETURNING event_id, attempts, envelope::text",
            [_LEASE_SECONDS, limit],
        )
        rows = cursor.fetchall()
    return [DueEvent(event_id=each[0], attempts=each[1], envelope=orjson.loads(each[2])) for each in rows]


def forget(event_id: UUID) -> None:
    """Remove an event from the failed ones: it is handled."""
    FailedEvent.objects.filter(event_id=event_id).delete()


def counts() -> dict[str, int]:
    """Return how many events are waiting for a retry and how many are dead."""
    waiting = FailedEvent.objects.filter(dead_at__isnull=True).count()
    dead = FailedEvent.objects.filter(dead_at__isnull=False).count()
    return {"retrying": waiting, "dead": dead}
