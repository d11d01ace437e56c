"""`manage.py saga`: see what an order is waiting for, ask again, cancel it."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from orders import services
from orders.domain import Reason
from orders.selectors import operators
from shared.errors import AppError

_CAUSE = services.Cause(name="operator")
_REASONS = [Reason.BY_STAFF.value, Reason.BY_CUSTOMER.value, Reason.TIMEOUT.value, Reason.USER_INACTIVE.value]
_ROW = "{id}  {status:<10}  stock {stock:<9}  money {money:<9}  asked {asks}x  placed {placed_at:%FT%TZ}"
_ENTRY = "{at:%FT%T.%f}  {kind:<10}  {from_status:>10} -> {to_status:<10}  {cause} #{attempt}"


class Command(BaseCommand):
    help = "Look at and repair the story of orders"

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        listing = acts.add_parser("list", help="orders that are not settled, the oldest first")
        listing.add_argument("--stuck", action="store_true", help="only those asked about three times or more in vain")
        listing.add_argument("--limit", type=int, default=50)
        for act, text in (("show", "one order and its timeline"), ("retry", "ask the pending question now")):
            acts.add_parser(act, help=text).add_argument("order", type=UUID)
        cancel = acts.add_parser("cancel", help="cancel an open order")
        cancel.add_argument("order", type=UUID)
        cancel.add_argument("--reason", choices=_REASONS, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['act']}")(options)
        except AppError as error:
            raise CommandError(error.message) from error

    def _list(self, options: dict[str, Any]) -> None:
        for row in operators.orders_unsettled(is_stuck=options["stuck"], limit=options["limit"]):
            self.stdout.write(_ROW.format(**row))

    def _show(self, options: dict[str, Any]) -> None:
        row, entries = operators.order_story(order_id=options["order"])
        for name, value in row.items():
            self.stdout.write(f"{name:<12} {value}")
        for entry in entries:
            self.stdout.write(_ENTRY.format(**entry))

    def _retry(self, options: dict[str, Any]) -> None:
        question = services.order_ask_again(order_id=options["order"], cause=_CAUSE)
        self.stdout.write(f"asked again: {question}" if question else "settled: nothing to ask")

    def _cancel(self, options: dict[str, Any]) -> None:
        services.order_call_off(order_id=options["order"], reason=Reason(options["reason"]), cause=_CAUSE)
        self.stdout.write("cancelled; compensation follows")
