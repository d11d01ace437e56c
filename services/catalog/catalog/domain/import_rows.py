"""What an import's rows may say: its columns, and each field's rule."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from catalog.domain import products, slugs

REQUIRED = ("sku", "name", "price")
OPTIONAL = ("description", "category", "on_hand", "is_active")
COLUMNS = (*REQUIRED, *OPTIONAL)

_PRICE = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?\Z")
_UNITS = re.compile(r"[0-9]{1,12}\Z")
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Fault(NamedTuple):
    """Something that is wrong with a row: with one of its fields, or (no field) with the whole of it."""

    line: int
    sku: str
    field: str
    message: str


class WrongRow(ValueError):
    """A row breaks rules.

    Attributes:
        faults: (field, or empty; reason) of each.
    """

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(" ".join(f"{field}: {reason}" if field else reason for field, reason in faults))
        self.faults = faults


@dataclass(slots=True, kw_only=True)
class Row:
    """One product as a row describes it; None leaves what there is, or the default for a new product."""

    line: int
    sku: str
    name: str
    price: Decimal
    description: str | None = None
    category: str | None = None
    on_hand: int | None = None
    is_active: bool | None = None

    def over(self, earlier: "Row") -> "Row":
        """Return this row with what only an earlier row for the same product said."""
        said = {name: getattr(self, name) for name in OPTIONAL if getattr(self, name) is not None}
        return replace(earlier, line=self.line, name=self.name, price=self.price, **said)


def header_faults(fields: Sequence[str]) -> list[str]:
    """Return what is wrong with a header, by the names of its columns; nothing when it is right."""
    faults = [f"The column {name!r} is missing." for name in REQUIRED if name not in fields]
    unknown = [name for name in dict.fromkeys(fields) if name not in COLUMNS]
    faults += [f"The column {name!r} is unknown; {', '.join(COLUMNS)} may be given." for name in unknown]
    twice = [name for name in dict.fromkeys(fields) if fields.count(name) > 1]
    return faults + [f"The column {name!r} is given twice." for name in twice]


def read_all(columns: Sequence[str], records: Iterable[tuple[int, Sequence[str]]]) -> tuple[list[Row], list[Fault]]:
    """Return the records that keep the rules as rows, and what is wrong with the others.

    Args:
        columns: the header.
        records: the line that each starts on, and its texts.
    """
    rows: list[Row] = []
    faults: list[Fault] = []
    for line, fields in records:
        try:
            rows.append(read(columns, fields, line=line))
        except WrongRow as error:
            sku = _sku(columns, fields)
            faults += [Fault(line, sku, field, reason) for field, reason in error.faults]
    return rows, faults


def _sku(columns: Sequence[str], fields: Sequence[str]) -> str:
    """Return what a wrong row names its product, as far as that can be told and shown."""
    place = columns.index("sku")
    return fields[place].strip().replace("\x00", "\ufffd")[: products.SKU_LONGEST] if place < len(fields) else ""


def read(columns: Sequence[str], fields: Sequence[str], *, line: int) -> Row:
    """Return a record as a row.

    Args:
        columns: the header.
        fields: the record's texts.
        line: where the record starts.

    Raises:
        WrongRow: says every field that is wrong.
    """
    if len(fields) != len(columns):
        raise WrongRow([("", f"There are {len(fields)} fields where the header has {len(columns)}.")])
    values: dict[str, Any] = {}
    faults = []
    for name, text in zip(columns, fields, strict=True):
        try:
            values[name] = _RULES[name](_clean(text))
        except ValueError as error:
            faults.append((name, str(error)))
    if faults:
        raise WrongRow(faults)
    return Row(line=line, **values)


def _clean(text: str) -> str:
    """Return a field without surrounding space; raises ValueError for what no text column can hold."""
    if "\x00" in text:
        raise ValueError("must not contain a NUL character.")
    return text.strip()


def _text(longest: int) -> Callable[[str], str]:
    """Return the rule of a required text."""

    def rule(text: str) -> str:
        if not text:
            raise ValueError("must not be empty.")
        if len(text) > longest:
            raise ValueError(f"has {len(text)} characters; at most {longest} are allowed.")
        return text

    return rule


def _price(text: str) -> Decimal:
    if not _PRICE.match(text) or not (amount := Decimal(text)):
        raise ValueError(f"{text[:40]!r} is no amount above 0 with at most two decimals.")
    return amount


def _category(text: str) -> str:
    if not slugs.slugify(text):
        raise ValueError(f"{text[:40]!r} holds no letter or digit to make a slug of.")
    return _text(products.NAME_LONGEST)(text)


def _units(text: str) -> int:
    if not _UNITS.match(text):
        raise ValueError(f"{text[:40]!r} is no whole number of units.")
    return int(text)


def _truth(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError(f"{text[:40]!r} is neither true nor false.")
    return _TRUTH[text.lower()]


def _optional(rule: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return the rule of a field that may be left empty."""
    return lambda text: rule(text) if text else None


_RULES: dict[str, Callable[[str], Any]] = {
    "sku": _text(products.SKU_LONGEST),
    "name": _text(products.NAME_LONGEST),
    "price": _price,
    "description": _optional(_text(products.DESCRIPTION_LONGEST)),
    "category": _optional(_category),
    "on_hand": _optional(_units),
    "is_active": _optional(_truth),
}
