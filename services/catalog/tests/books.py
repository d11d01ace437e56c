"""The stock's books balance: the service's own invariants, looked at by a test."""

from django.db import connection

from catalog.selectors.invariants import INVARIANTS


def violations() -> dict[str, list[dict]]:
    """Return the rows that break an invariant, by its name."""
    found = {}
    with connection.cursor() as cursor:
        for name, query in INVARIANTS.items():
            cursor.execute(query)
            columns = [column.name for column in cursor.description]
            if rows := [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]:
                found[name] = rows
    return found


def balance() -> None:
    """Assert that every invariant holds now."""
    assert violations() == {}
