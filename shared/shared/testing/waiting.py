"""Waits for what other threads and processes do: for a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

PATIENCE = 120.0
"""Seconds: many times what a busy machine needs; only a test that fails waits for so long."""
Found = TypeVar("Found")


def eventually(look: Callable[[], Found]) -> Found:
    """Return the first true value of look(), asked again and again; raises AssertionError when it never comes."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not so within {PATIENCE:g} s")
        time.sleep(0.02)
    return found


def until_somebody_waits_for_a_lock() -> None:
    """Return once a session of this database waits for another's lock."""
    eventually(_somebody_waits_for_a_lock)


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees one picture for ever
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])
