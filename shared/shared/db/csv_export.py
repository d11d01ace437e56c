"""Rows as CSV straight out of PostgreSQL (COPY TO): one snapshot, constant memory, whatever the number of rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from psycopg import sql

from shared.db import lists
from shared.db.lists import Field

# A slow reader may take as long as the gateway lets him; the statement runs all the while.
_LONGEST_MS = 600_000
_SETTINGS = "SELECT set_config('statement_timeout', %s, false), set_config('datestyle', 'ISO', false)"
# A spreadsheet runs a cell that begins so as a formula (OWASP, CSV injection); an apostrophe makes it text.
_FORMULA = sql.SQL(", ").join(sql.Literal(ord(sign)) for sign in "=+-@\t\r")
# These two cost half of what a pattern and to_char do, and most cells of a long file are texts and times.
_SAFE_TEXT = sql.SQL("CASE WHEN ascii({cell}) IN ({formula}) THEN '''' || {cell} ELSE {cell} END")
_RFC_3339 = sql.SQL("replace(({cell} AT TIME ZONE 'UTC')::text, ' ', 'T') || 'Z'")
_PIECE = 64 * 1024

_TEXTS = (models.CharField, models.TextField)
_FORMS = {
    "DateTimeField": _RFC_3339,
    "BooleanField": sql.SQL("CASE WHEN {cell} THEN 'true' WHEN NOT {cell} THEN 'false' END"),
}


def lines(
    source: QuerySet[Any] | lists.Rows, columns: Mapping[str, str], *, order: Sequence[str] = ()
) -> Iterator[bytes]:
    """Yield the rows as CSV (RFC 4180) with a header, in pieces of about 64 KiB.

    Texts that a spreadsheet would take for formulas get an apostrophe in front; numbers stay numbers. Times are RFC
    3339 UTC.

    Args:
        source: what to export.
        columns: heading (plain words) -> column of the rows.
        order: columns to order by, with a minus when they fall; a queryset may be ordered already.
    """
    rows = lists.of(source)
    try:
        query, params = rows.statement(list(columns.values()), order=order)
    except EmptyResultSet:  # known without asking
        yield f"{','.join(columns)}\n".encode()
        return
    statement = _copy(query, [(title, rows.field(name)) for title, name in columns.items()])
    with closing(_own_connection()) as own, own.cursor() as cursor:
        cursor.execute(_SETTINGS, [str(_LONGEST_MS)])
        with cursor.copy(statement.as_string(), params) as copy:
            yield from _pieces(copy)


def _own_connection() -> BaseDatabaseWrapper:
    """Return a connection for this export alone, outside of the pool.

    Its COPY holds it for as long as the reader takes. A reader who goes away without closing what he reads must not
    leave the thread's connection locked behind him.
    """
    own = connection.copy()
    options = {name: value for name, value in own.settings_dict["OPTIONS"].items() if name != "pool"}
    own.settings_dict = {**own.settings_dict, "OPTIONS": options}
    return own


def _pieces(blocks: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """Yield the blocks of a COPY, which are single rows, in larger pieces."""
    piece = bytearray()
    for block in blocks:
        piece += block
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _copy(query: str, columns: list[tuple[str, Field]]) -> sql.Composed:
    """Return the COPY statement around a query whose columns come in this order."""
    names = [sql.Identifier(f"c{number}") for number in range(len(columns))]
    cells = [
        sql.SQL("{} AS {}").format(_cell(name, field), sql.Identifier(title))
        for name, (title, field) in zip(names, columns, strict=True)
    ]
    return sql.SQL("COPY (SELECT {cells} FROM ({query}) AS rows ({names})) TO STDOUT WITH (FORMAT csv, HEADER)").format(
        cells=sql.SQL(", ").join(cells), query=sql.SQL(query), names=sql.SQL(", ").join(names)
    )


def _cell(name: sql.Identifier, field: Field) -> sql.Composable:
    """Return how a column is written."""
    if isinstance(field, _TEXTS):
        return _SAFE_TEXT.format(cell=name, formula=_FORMULA)
    form = _FORMS.get(field.get_internal_type())
    return form.format(cell=name) if form else name
