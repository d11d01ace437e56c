"""Advisory locks of PostgreSQL: one of many processes does a thing, the others leave it."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def lock_id(name: str) -> int:
    """Return the number under which PostgreSQL knows a lock's name."""
    return zlib.crc32(name.encode())


@contextmanager
def advisory_lock(name: str) -> Iterator[bool]:
    """Try to take a named lock for the block; yields whether it was taken.

    The lock belongs to the session: it ends with the block, or with the connection when the process dies.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [lock_id(name)])
        (taken,) = cursor.fetchone()
    try:
        yield taken
    finally:
        if taken and connection.connection and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [lock_id(name)])
