"""Reading the file: rows of the UCI Online Retail format, the valid ones apart from the bad, with reasons.

Nothing here knows prices, stock or the API.
"""

import csv
import hashlib
import lzma
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path

from tools.replay.errors import ReplayError

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "UnitPrice", "CustomerID", "Country")
CENT = Decimal("0.01")

CANCELLATION = "cancellation (invoice number begins with C)"
QUANTITY = "quantity is 0 or less"
PRICE = "price rounds to 0.00 or less"
DESCRIPTION = "no description"
UNREADABLE = "unreadable (a column is missing or not a number)"

_XZ_MAGIC = b"\xfd7zXZ\x00"
_FORMAT = f"give a CSV file (or .csv.xz) with the columns {', '.join(COLUMNS)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One valid line of an invoice; the price is rounded to cents."""

    invoice: str
    sku: str
    description: str
    quantity: int
    price: Decimal
    customer: str
    country: str


@dataclass(kw_only=True)
class Sheet:
    """A file's rows: the valid ones in their order, the bad ones counted by reason."""

    digest: str
    total: int = 0
    rows: list[Row] = field(default_factory=list)
    bad: Counter[str] = field(default_factory=Counter)
    first_bad_line: dict[str, int] = field(default_factory=dict)


def read(*, path: Path) -> Sheet:
    """Return the rows of a file.

    Args:
        path: a CSV file, or one compressed by xz.

    Raises:
        ReplayError: the file cannot be read, is not of this format, or holds no rows.

    """
    content = _content(path=path)
    sheet = parse(text=_decoded(content), digest=hashlib.sha256(content).hexdigest())
    if not sheet.total:
        raise ReplayError(f"{path} holds no rows", why="there is nothing after its header", remedy=_FORMAT)
    return sheet


def parse(*, text: str, digest: str) -> Sheet:
    """Return the rows of a text.

    Args:
        text: the CSV text, its first line the names of the columns.
        digest: what identifies the content.

    Raises:
        ReplayError: a column is missing.

    """
    lines = enumerate(text.split("\n"), start=1)
    places = _places(_cells(next(lines)[1]))
    sheet = Sheet(digest=digest)
    for number, line in lines:
        if not line.strip():
            continue
        sheet.total += 1
        row = _row(_cells(line), places)
        if isinstance(row, Row):
            sheet.rows.append(row)
        else:
            sheet.bad[row] += 1
            sheet.first_bad_line.setdefault(row, number)
    return sheet


def _cells(line: str) -> list[str]:
    """Return the cells of one line; none when its quotes do not close, lest it swallow the next lines."""
    try:
        return next(csv.reader((line.rstrip("\r"),), strict=True), [])
    except csv.Error:
        return []


def _places(header: Sequence[str]) -> tuple[int, ...]:
    names = [name.strip() for name in header]
    if missing := [name for name in COLUMNS if name not in names]:
        raise ReplayError(
            "The file is not of the Online Retail format",
            why=f"its first line lacks {', '.join(missing)}",
            remedy=_FORMAT,
        )
    return tuple(names.index(name) for name in COLUMNS)


def _row(cells: Sequence[str], places: tuple[int, ...]) -> Row | str:
    """Return the row, or the first reason why it is bad."""
    try:
        invoice, sku, description, quantity, price, customer, country = (cells[place].strip() for place in places)
        units, cents = int(_plain(quantity)), to_cents(Decimal(_plain(price)))
    except (IndexError, ValueError, InvalidOperation):
        return CANCELLATION if cells and _is_cancellation(cells, places) else UNREADABLE
    reasons = (
        (_is_cancellation(cells, places), CANCELLATION),
        (not invoice or not sku, UNREADABLE),
        (units <= 0, QUANTITY),
        (cents <= 0, PRICE),
        (not description, DESCRIPTION),
    )
    for applies, reason in reasons:
        if applies:
            return reason
    return Row(
        invoice=invoice,
        sku=sku,
        description=" ".join(description.split()),
        quantity=units,
        price=cents,
        customer=customer.removesuffix(".0"),
        country=country,
    )


def _plain(number: str) -> str:
    """Return a number's text; Python would also take 1_000, which is no number in a CSV file."""
    if "_" in number:
        raise ValueError(number)
    return number


def _is_cancellation(cells: Sequence[str], places: tuple[int, ...]) -> bool:
    return places[0] < len(cells) and cells[places[0]].strip().upper().startswith("C")


def to_cents(amount: Decimal) -> Decimal:
    """Return an amount rounded to cents, halves away from zero as on an invoice.

    Raises:
        InvalidOperation: it is not a number that can be rounded, such as NaN or Infinity.

    """
    if not amount.is_finite():
        raise InvalidOperation(amount)
    return amount.quantize(CENT, ROUND_HALF_UP)


def _content(*, path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return lzma.decompress(content) if content.startswith(_XZ_MAGIC) else content
    except OSError as error:
        raise ReplayError(f"Cannot read {path}", why=error.strerror or str(error), remedy=_FORMAT) from error
    except lzma.LZMAError as error:
        raise ReplayError(f"Cannot unpack {path}", why=str(error), remedy="fetch the file again") from error


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # as the data set was first published
