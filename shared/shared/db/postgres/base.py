"""The connection of the backend, where Django looks for it.

Django asks each connection that waited in the pool, or since the last request, whether it still lives: a round trip,
which is a good part of a request that reads one row. A server that closes a connection says goodbye on it, so one on
which there is nothing to read lives; only where something has come is it asked.
"""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL as ever, but for how a lost connection is found out."""

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
