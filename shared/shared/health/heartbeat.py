"""Signs of life of worker, relay and beat: from progress, never from a dependency.

A process is alive unless its loop should be turning and has not turned for LIVENESS_SECONDS. A loop that waits for the
database is not hung: a restart would not bring that back. While a process is alive a thread leaves a mark in Valkey, so
that the service can show which of its processes run.
"""

import threading
import time

import redis
from django.conf import settings

from shared import metrics
from shared.db import statements

_MARK_SECONDS = 30.0  # that a mark lasts
_MARK_EVERY_SECONDS = 5.0
_PATIENCE, _PATIENCE_OF_MARKS = 0.2, 0.5  # seconds for an answer of Valkey: while somebody waits, and while nobody does
_LONGEST_STATEMENT = 600.0  # after that it is the connection that hangs, not the database


class Heartbeat:
    """The progress of one process.

    Args:
        process: web, worker, relay or beat.
    """

    def __init__(self, process: str) -> None:
        self.process = process
        self._turned_at = time.monotonic()
        self._thread = 0
        self._expected = False

    def turn(self) -> None:
        """Note that the loop has turned; call it from its thread."""
        self._turned_at = time.monotonic()
        self._thread = threading.get_ident()
        self._expected = True
        metrics.HEARTBEAT.labels(process=self.process).set_to_current_time()

    def pause(self) -> None:
        """Note that the loop rests for a good reason, such as a broker that is away."""
        self._expected = False

    def working(self) -> bool:
        """Return whether the loop has begun, and does not rest."""
        return self._expected

    def alive(self) -> bool:
        """Return whether the process makes progress, or rests for a good reason."""
        if not self._expected or time.monotonic() - self._turned_at < settings.LIVENESS_SECONDS:
            return True
        return 0 < statements.waited(self._thread) < _LONGEST_STATEMENT

    def start_marking(self) -> None:
        """Leave marks in Valkey from a thread of its own, for as long as the process is alive."""
        threading.Thread(target=self._mark, name="heartbeat", daemon=True).start()

    def _mark(self) -> None:
        while True:
            if self.alive():
                _leave_mark(self.process)
            time.sleep(_MARK_EVERY_SECONDS)


def _name(process: str) -> str:
    """Return the key of a process's mark."""
    return f"{settings.SERVICE}:heartbeat:{process}"


def _leave_mark(process: str) -> None:
    """Write the mark; it fades after 30 seconds."""
    try:
        with redis.Redis.from_url(
            settings.CACHE_URL, socket_timeout=_PATIENCE_OF_MARKS, socket_connect_timeout=_PATIENCE_OF_MARKS
        ) as client:
            client.set(_name(process), b"1", ex=int(_MARK_SECONDS))
    except redis.RedisError:
        return


def seen(process: str) -> bool:
    """Return whether a process of this service left a mark in the last 30 seconds; raises redis.RedisError."""
    with redis.Redis.from_url(settings.CACHE_URL, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE) as client:
        return bool(client.exists(_name(process)))
