"""Looking at the parts a process needs; texts are for the public, so they name no host and quote no error."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from shared.health import draining, heartbeat

_FRESH_SECONDS = 2.0
_PATIENCE = 0.2  # seconds for an answer of Valkey


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part as it was found."""

    name: str
    ok: bool
    fatal: bool
    seconds: float
    note: str = ""

    def public(self) -> dict[str, Any]:
        """Return the part as JSON."""
        state = "ok" if self.ok else "down"
        return {"status": state, "required": self.fatal, "seconds": round(self.seconds, 4), "note": self.note}


def look(name: str, probe: Callable[[], str], *, fatal: bool) -> Part:
    """Run one probe and time it.

    Args:
        name: of the part.
        probe: returns what is wrong, an empty text when nothing is; may raise errors of the database, cache or network.
        fatal: whether the service cannot do without the part.

    Returns:
        The part as it was found.
    """
    started = time.perf_counter()
    try:
        note = probe()
    except (DatabaseFault, redis.RedisError, OSError):
        note = "does not answer"
    return Part(name=name, ok=not note, fatal=fatal, seconds=time.perf_counter() - started, note=note)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} migrations are not applied" if missing else ""


def _cache() -> str:
    client = redis.Redis.from_url(settings.CACHE_URL, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
    with client:
        client.ping()
    return ""


def _process(name: str) -> Callable[[], str]:
    return lambda: "" if heartbeat.seen(name) else "no sign of life in the last 30 seconds"


class Readiness:
    """Whether a process should get work: database and migrations; remembered for two seconds.

    Args:
        working: whether the process does its work, such as consuming from the broker.
    """

    def __init__(self, working: Callable[[], bool] = lambda: True) -> None:
        self._working = working
        self._migrated = False
        self._looked_at = float("-inf")
        self._good = False
        self._started = False

    def ready(self) -> bool:
        """Return whether work is welcome now."""
        return not draining.begun() and self._able()

    def started(self) -> bool:
        """Return whether the process has once been able to work; what comes later is for the other probes."""
        self._started = self._started or self._able()
        return self._started

    def _able(self) -> bool:
        if not self._working():
            return False
        if time.monotonic() - self._looked_at >= _FRESH_SECONDS:
            self._good = self._look()
            self._looked_at = time.monotonic()
        return self._good

    def _look(self) -> bool:
        """Ask the database; the migrations only until they are all applied, once a process."""
        if not self._migrated:
            self._migrated = look("migrations", _migrations, fatal=True).ok
        return self._migrated and look("database", _database, fatal=True).ok


def all_parts() -> Mapping[str, Part]:
    """Return every part of the service: what a request needs is required, the rest is only shown."""
    looks = [
        look("database", _database, fatal=True),
        look("migrations", _migrations, fatal=True),
        look("cache", _cache, fatal=False),
        *(look(name, _process(name), fatal=False) for name in ("worker", "relay", "beat")),
    ]
    return {part.name: part for part in looks}
