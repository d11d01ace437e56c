"""`manage.py saga`: see what an order is waiting for, ask again, cancel it."""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from orders import services
from orders.domain import Reason
from orders.selectors import operators
from shared import tracing
from shared.errors import AppError

_CAUSE = services.Cause(name="operator")
_REASONS = [Reason.BY_STAFF.value, Reason.BY_CUSTOMER.value, Reason.TIMEOUT.value, Reason.USER_INACTIVE.value]
_LIST = ("order", "status", "stock", "money", "waits for", "since", "asked", "next question")
_ENTRIES = ("at", "kind", "from", "to", "cause", "attempt", "trace")


def _order_id(text: str) -> UUID:
    """Return an order's id; raises ArgumentTypeError."""
    try:
        return UUID(text)
    except ValueError as error:
        raise ArgumentTypeError(
            f"{text!r} is no order's id, which looks like 01a20310-7c1e-7a55-9d5f-0d6f6a3c1b11"
        ) from error


def _above_zero(text: str) -> int:
    """Return a number above zero; raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


class Command(BaseCommand):
    help = "Look at and repair the story of orders"

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        listing = acts.add_parser("list", help="orders that wait for an answer, the oldest first")
        listing.add_argument("--stuck", action="store_true", help="only those asked again three times or more in vain")
        listing.add_argument("--limit", type=_above_zero, default=50, help="at most so many (50)")
        show = acts.add_parser("show", help="one order and its timeline")
        retry = acts.add_parser("retry", help="ask the pending question now, and begin the pauses anew")
        cancel = acts.add_parser("cancel", help="cancel an open order; stock and money are given back")
        for each in (show, retry, cancel):
            each.add_argument("order", type=_order_id)
        for each in (listing, show):
            each.add_argument("--format", choices=("table", "json"), default="table")
        cancel.add_argument("--reason", choices=_REASONS, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with tracing.span(f"saga {options['act']}"):
                self.stdout.write(getattr(self, f"_{options['act']}")(options))
        except AppError as error:
            raise CommandError(error.message) from error

    def _list(self, options: dict[str, Any]) -> str:
        rows = operators.orders_unsettled(is_stuck=options["stuck"], limit=options["limit"])
        if options["format"] == "json":
            return _json(rows)
        now = timezone.now()
        return _table(_LIST, [_line(row, now) for row in rows]) if rows else "nothing waits"

    def _show(self, options: dict[str, Any]) -> str:
        row, entries = operators.order_story(order_id=options["order"])
        if options["format"] == "json":
            return _json({"order": row, "timeline": entries})
        fields = {**row, "waits_for": _waited(row)}
        facts = [f"{name:<12} {'-' if value in (None, '') else value}" for name, value in fields.items()]
        return "\n".join([*facts, "", _table(_ENTRIES, [_entry(each) for each in entries])])

    def _retry(self, options: dict[str, Any]) -> str:
        question = services.order_ask_again(order_id=options["order"], cause=_CAUSE)
        return f"asked again: {question}" if question else "settled: nothing to ask"

    def _cancel(self, options: dict[str, Any]) -> str:
        services.order_call_off(order_id=options["order"], reason=Reason(options["reason"]), cause=_CAUSE)
        return "cancelled; compensation follows"


def _line(row: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    """Return an order as a line of the list."""
    due = row["next_ask_at"] - now
    return (
        str(row["id"]),
        row["status"],
        row["stock"],
        row["money"],
        _waited(row),
        _span(now - row["updated_at"]),
        f"{row['asks'] + 1}x",
        f"in {_span(due)}" if due > timedelta() else "due",
    )


def _waited(row: Mapping[str, Any]) -> str:
    """Return whose answer is missing."""
    return ", ".join(row["waits_for"]) or "-"


def _span(time: timedelta) -> str:
    """Return a time in its two largest units, as in 3h 20m."""
    seconds = max(int(time.total_seconds()), 0)
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")]
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count}{unit}" for count, unit in parts[first : first + 2])


def _entry(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return an entry of the timeline as a line."""
    return (
        f"{entry['at']:%FT%T.%fZ}",
        entry["kind"],
        entry["from_status"] or "-",
        entry["to_status"],
        entry["cause"],
        str(entry["attempt"]),
        entry["trace_id"] or "-",
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under their heading, each column as wide as it needs."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    return "\n".join(line.rstrip() for line in lines)


def _json(found: Any) -> str:
    """Return what was found as JSON."""
    return orjson.dumps(found, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode()
