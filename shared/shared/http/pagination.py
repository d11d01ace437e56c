"""Pages of a list: by number with totals (v1), by keyset without COUNT (v2).

In v1 `total` is exact up to 10,000 rows and an estimate beyond. Only those first 10,000 have page numbers, because a
page costs as much as all the pages before it: `pages` and `has_next` end there, and v2's cursors lead further.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from shared.db import counting, lists
from shared.errors import InvalidInput, NotFound

SIZE, LARGEST_SIZE = 20, 100
_WRONG_CURSOR = {"cursor": ["This cursor is not valid here."]}
PARAMETERS = {"v1": frozenset({"page", "page_size"}), "v2": frozenset({"cursor", "limit"})}

Row = Callable[[Mapping[str, Any]], dict[str, Any]]
Complete = Callable[[Sequence[dict[str, Any]]], Sequence[dict[str, Any]]]
Address = Callable[[Mapping[str, str]], str]


class InvalidCursor(InvalidInput):
    """The cursor was not made by this list."""

    message = "cursor: This cursor is not valid here; start again without it."


class NoSuchPage(NotFound):
    """The page number is beyond the last page."""

    message = "There is no such page."


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """A place in an ordered list: the ordering values of a row, and the direction to go."""

    values: list[Any]
    backwards: bool

    def encode(self) -> str:
        """Return the cursor as URL-safe text."""
        raw = orjson.dumps([int(self.backwards), *self.values], default=str)
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str, *, rows: lists.Rows, order: Sequence[str]) -> Cursor:
    """Return the cursor in a text, its values checked against the list's ordering fields; raises InvalidCursor."""
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        fields = [rows.field(name.lstrip("-")) for name in order]
        values = [_value(field, value) for field, value in zip(fields, parts[1:], strict=True)]
        backwards = bool(int(parts[0]))
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, binascii.Error, ValidationError) as error:
        raise InvalidCursor(details=_WRONG_CURSOR) from error
    if None in values:  # nothing is beyond null
        raise InvalidCursor(details=_WRONG_CURSOR)
    return Cursor(values=values, backwards=backwards)


def _value(field: Any, raw: Any) -> Any:
    """Return a cursor's value as its field holds it; raises ValueError or ValidationError for what no column can."""
    value = field.to_python(raw)
    field.run_validators(value)
    if isinstance(value, datetime):
        if not value.tzinfo:
            raise ValueError("a time without zone")
        return value.astimezone(UTC)  # PostgreSQL knows no offsets beyond 16 hours
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("NUL")
    return value


def size_of(text: str | None, *, name: str) -> int:
    """Return the asked number of rows, 20 when not said, at most 100; raises InvalidInput."""
    if text is None:
        return SIZE
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise InvalidInput.of({name: ["A whole number above 0 is required."]})
    return min(int(text), LARGEST_SIZE)


def numbered(
    source: QuerySet[Any] | lists.Rows,
    *,
    params: Mapping[str, str],
    order: Sequence[str],
    row: Row,
    complete: Complete = list,
) -> dict[str, Any]:
    """Return the v1 body of one page; raises InvalidInput, NoSuchPage."""
    size = size_of(params.get("page_size"), name="page_size")
    number = _page_number(params.get("page", "1"), size)
    rows = lists.of(source)
    total = counting.count_of(rows, exact=counting.EXACT)
    pages = max(1, -(-min(total, counting.EXACT) // size))
    if number > pages:
        raise NoSuchPage
    found = rows.page(order=order, start=(number - 1) * size, stop=min(number * size, counting.EXACT))
    return {
        "pagination": {
            "page": number,
            "pages": pages,
            "per_page": size,
            "total": total,
            "has_next": number < pages,
            "has_previous": number > 1,
        },
        "results": [row(each) for each in complete(found)],
    }


def _page_number(text: str, size: int) -> int:
    """Return a page's number; raises InvalidInput for what is none, or lies beyond the rows that have numbers."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise InvalidInput.of({"page": ["A whole number above 0 is required."]})
    if (int(text) - 1) * size >= counting.EXACT:
        said = f"Only the first {counting.EXACT} rows have page numbers; narrow the list, or use the cursors of v2."
        raise InvalidInput.of({"page": [said]})
    return int(text)


def keyset(
    source: QuerySet[Any] | lists.Rows,
    *,
    params: Mapping[str, str],
    order: Sequence[str],
    row: Row,
    address: Address,
    complete: Complete = list,
) -> dict[str, Any]:
    """Return the v2 body of one page, with the addresses of its neighbours; raises InvalidInput."""
    size = size_of(params.get("limit"), name="limit")
    rows = lists.of(source)
    cursor = decode(params["cursor"], rows=rows, order=order) if "cursor" in params else None
    backwards = cursor is not None and cursor.backwards
    way = [_flipped(name) for name in order] if backwards else list(order)
    found = rows.page(order=way, after=cursor.values if cursor else None, stop=size + 1)
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    return {
        "data": [row(each) for each in complete(found)],
        "next": _neighbour(found, order, address, wanted=more or backwards, backwards=False),
        "previous": _neighbour(found, order, address, wanted=more if backwards else cursor is not None, backwards=True),
    }


def _neighbour(
    found: Sequence[Mapping[str, Any]],
    order: Sequence[str],
    address: Address,
    *,
    wanted: bool,
    backwards: bool,
) -> str | None:
    """Return the address of the next or previous page, or None."""
    if not (wanted and found):
        return None
    edge = found[0] if backwards else found[-1]
    cursor = Cursor(values=[edge[name.lstrip("-")] for name in order], backwards=backwards)
    return address({"cursor": cursor.encode()})


def _flipped(name: str) -> str:
    """Return the opposite direction of an ordering field."""
    return name[1:] if name.startswith("-") else f"-{name}"


def with_parameters(base: str, params: Mapping[str, str], changes: Mapping[str, str]) -> str:
    """Return an address with the given query parameters changed."""
    return f"{base}?{urlencode({**params, **changes})}"
