"""From a commit in catalog until somebody handles what it says: our events, and send_task after the commit."""

import time
from uuid import UUID

from django.db import connection, transaction

from benchmarks.peers import noop
from shared.db.models import uuid7
from shared.events import outbox
from shared.events.contracts import UserRegistered

_PATIENCE = 60.0
_TABLES = """
CREATE TABLE IF NOT EXISTS bench_caused (id uuid PRIMARY KEY);
CREATE TABLE IF NOT EXISTS bench_noted (id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())
"""


def prepared() -> None:
    """Make the peer's tables."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)


def ours(*, count: int, pause: float) -> list[float]:
    """Return the milliseconds from commit to the handler's transaction, for events of the outbox."""
    begun: dict[UUID, float] = {}
    for _ in range(count):
        with transaction.atomic():
            committed = _committed()
            event_id = outbox.append(UserRegistered(user_id=uuid7()))[0]
        begun[event_id] = committed.pop()
        time.sleep(pause)
    return _waited(begun, "SELECT event_id, extract(epoch FROM handled_at) FROM events_inbox WHERE event_id = ANY(%s)")


def task(*, count: int, pause: float) -> list[float]:
    """Return the same for a task that is sent after the commit."""
    begun: dict[UUID, float] = {}
    for _ in range(count):
        identity = uuid7()
        with transaction.atomic():
            committed = _committed()
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO bench_caused (id) VALUES (%s)", [identity])
            # what many write; what is lost between commit and sending is lost
            transaction.on_commit(lambda: noop.app.send_task("noted", [str(identity)]))  # noqa: B023 (runs at once)
        begun[identity] = committed.pop()
        time.sleep(pause)
    return _waited(begun, "SELECT id, extract(epoch FROM at) FROM bench_noted WHERE id = ANY(%s)")


def _committed() -> list[float]:
    """Return where the moment of this transaction's commit will be: before anybody is told, which takes time too."""
    found: list[float] = []
    transaction.on_commit(lambda: found.append(time.time()))
    return found


def _waited(begun: dict[UUID, float], query: str) -> list[float]:
    """Return how long each took, once all are handled; raises TimeoutError."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(query, [list(begun)])
            found = dict(cursor.fetchall())
        if len(found) == len(begun):
            return [1000 * (float(at) - begun[identity]) for identity, at in found.items()]
        time.sleep(0.2)
    raise TimeoutError(f"{len(begun) - len(found)} were not handled")
