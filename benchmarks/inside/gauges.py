"""What something costs in figures that hardly depend on how busy the machine is: counts, CPU against a yardstick."""

import json
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

Act = Callable[[], object]

_FLUSHED = "SELECT pg_backend_pid(), pg_stat_force_next_flush()"
_TOUCHED = "SELECT coalesce(sum(coalesce(hits, 0) + coalesce(reads, 0)), 0) FROM pg_stat_get_backend_io(%s)"


def statements(act: Act) -> int:
    """Return how many SQL statements an act executes, without those that begin and end transactions."""
    count = 0

    def heard(execute: Callable[..., Any], sql: str, values: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 (Django's)
        nonlocal count
        count += 1
        return execute(sql, values, many, context)

    with connection.execute_wrapper(heard):
        act()
    return count


def pages(act: Act) -> int:
    """Return how many pages of tables and indexes PostgreSQL touches for an act: what a worse plan has more of."""
    with closing(_observer()) as observer:
        before = _touched(observer)
        act()
        return _touched(observer) - before


def cpu(act: Act) -> float:
    """Return the seconds that this thread computes for an act."""
    before = time.thread_time()
    act()
    return time.thread_time() - before


def backend() -> int:
    """Return the process of PostgreSQL behind Django's connection, which tells its statistics now."""
    with connection.cursor() as cursor:
        cursor.execute(_FLUSHED)
        return int(cursor.fetchone()[0])


def yardstick() -> None:
    """Do about a millisecond of what services do all day: dictionaries, texts, calls, JSON."""
    rows = [{"id": f"{number:032x}", "name": f"thing {number}", "price": number / 7} for number in range(120)]
    rows.sort(key=lambda row: (str(row["name"])[::-1], row["id"]))
    for row in json.loads(json.dumps(rows)):
        row["total"] = sum(len(str(value)) for value in row.values())


def _observer() -> "psycopg.Connection[Any]":
    """Connect beside Django, whose own connection is watched."""
    told = settings.DATABASES["default"]
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    found: psycopg.Connection[Any] = psycopg.connect(
        **{name: told[key] for key, name in names.items()}, autocommit=True
    )
    return found


def _touched(observer: "psycopg.Connection[Any]") -> int:
    """Return how many pages Django's connection has touched since it began."""
    row = observer.execute(_TOUCHED, [backend()]).fetchone()
    return int(row[0]) if row else 0
