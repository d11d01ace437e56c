"""Rows of statements that are written in SQL, where building them anew for each request would cost the most."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

_names: dict[str, list[str]] = {}  # of the columns by statement: psycopg takes as long to tell as to read a row


def fetched(sql: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Execute a statement and return its rows, each by the names of its columns.

    Args:
        sql: the statement, a constant of the program; what a caller's input decides stands in `values`. JSON comes as
            text.
        values: by the names of its placeholders.

    Raises:
        django.db.Error: the database refused it, or is away.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return named(sql, cursor)


def named(sql: str, cursor: Any) -> list[dict[str, Any]]:
    """Return the rows of a statement that was executed, each by the names of its columns.

    Args:
        sql: the statement, a constant of the program that names its columns: they are remembered.
        cursor: by which it was executed.
    """
    names = _names.get(sql)
    if names is None:
        names = _names[sql] = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
