"""Statements that are written in SQL and come with every order: prepared, once for each connection that repeats them.

PostgreSQL then parses and plans them once, and their values travel beside them instead of being quoted into them. For
statements whose best plan does not depend on their values (record 18); what the ORM says, and searches, are bound here.
A thread keeps its cursor, which takes longer to make than a statement to be sent.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper

from shared.db import rows as by_name

Values = Mapping[str, Any] | Sequence[Any]

_AFTER = 5  # executions on a connection
_KIND: Any = ServerBindingCursor  # whose stub knows no arguments
_local = threading.local()


def execute(sql: str, values: Values) -> int:
    """Execute a statement and return how many rows it wrote.

    Args:
        sql: the statement.
        values: of its placeholders, by position or by name.

    Raises:
        django.db.Error: the database refused it, or is away.
    """
    return int(_executed(sql, values).rowcount)


def rows(sql: str, values: Values) -> list[tuple[Any, ...]]:
    """Execute a statement and return its rows; arguments and errors as of `execute`."""
    found: list[tuple[Any, ...]] = _executed(sql, values).fetchall()
    return found


def named(sql: str, values: Values) -> list[dict[str, Any]]:
    """Execute a statement and return its rows by the names of their columns; arguments and errors as of `execute`."""
    return by_name.named(sql, _executed(sql, values))


def array(values: Iterable[UUID | int | str]) -> str:
    """Return an array as text, for a placeholder with a cast: psycopg would take longer over the list.

    Args:
        values: none of them a text with quotation marks, commas, braces, backslashes or spaces.
    """
    return f"{{{','.join(map(str, values))}}}"


def _executed(sql: str, values: Values) -> CursorWrapper:
    """Execute a statement.

    Only meanwhile does psycopg count executions: of all others, whose values are part of their text, it would keep the
    last hundred, which of an import's batches are tens of megabytes.
    """
    cursor = _cursor()
    session = _local.session
    session.prepare_threshold = _AFTER
    try:
        cursor.execute(sql, values)
    finally:
        session.prepare_threshold = None
    return cursor


def _cursor() -> CursorWrapper:
    """Return this thread's cursor of Django's connection, in the wrapping that Django would give it now."""
    database = connections[DEFAULT_DB_ALIAS]
    database.close_if_health_check_failed()
    database.ensure_connection()
    if getattr(_local, "session", None) is not database.connection:
        _local.session, _local.cursor = database.connection, _KIND(database.connection)
    wrapping = database.make_debug_cursor if database.queries_logged else database.make_cursor
    wrapped: CursorWrapper = wrapping(_local.cursor)
    return wrapped
