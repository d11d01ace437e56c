"""The connection of the backend, where Django looks for it.

Django asks each connection that waited in the pool, or since the last request, whether it still lives: a round trip,
which is a good part of a request that reads one row. A server that closes a connection says goodbye on it, so one on
which there is nothing to read lives; only where something has come is it asked.

Django reads moments by Python code of psycopg's, ten times slower than Python's own parser: a sixth of the time that a
list of products takes.
"""

import select
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import AdaptersMap
from psycopg_pool import ConnectionPool


class MomentLoader(BaseTzLoader):  # type: ignore[misc]  # Django's has no types
    """Reads a moment as PostgreSQL writes it to a session in UTC."""

    timezone = UTC

    def load(self, data: Buffer) -> datetime:
        """Return the moment; raises psycopg.DataError for one that Python does not know, such as infinity."""
        try:
            found = datetime.fromisoformat(bytes(data).decode())
        except ValueError:
            found = super().load(data)
        return found if found.tzinfo is UTC else found.astimezone(UTC)


@lru_cache
def _adapting(context: AdaptContext) -> AdaptersMap:
    """Return how Django has values read and written, with moments read fast."""
    adapters = AdaptersMap(context.adapters)
    adapters.register_loader("timestamptz", MomentLoader)
    return adapters


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL as ever, but for how a lost connection is found out, and how moments are read."""

    def get_connection_params(self) -> dict[str, Any]:
        """Return what a connection is opened with."""
        params: dict[str, Any] = super().get_connection_params()
        if self.timezone == UTC:
            params["context"] = _adapting(params["context"])
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> "psycopg.Connection[Any]":
        """Return a connection that lives, of the pool where there is one; the dead ones it meets are replaced."""
        while True:
            found: psycopg.Connection[Any] = super().get_new_connection(conn_params)
            if self.pool is None or lives(found):
                return found
            self.pool.putconn(found)

    def is_usable(self) -> bool:
        """Return whether the connection that has been kept since the last request lives."""
        return self.connection is not None and lives(self.connection)


def lives(connection: "psycopg.Connection[Any]") -> bool:
    """Return whether an idle connection can be used.

    What has vanished without a goodbye (a cable, a firewall) is found by the next statement, as it would be by a
    question.
    """
    try:
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN)
        if waiting.poll(0):
            ConnectionPool.check_connection(connection)
    except psycopg.OperationalError:
        return False
    return True
