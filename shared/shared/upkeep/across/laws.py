"""What three services say about one order, and the laws that hold between them; pure rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Order:
    """What orders says.

    Attributes:
        id: the order's.
        user_id: who ordered.
        status: of the order.
        total: known once the stock was held.
        lines: what its lines add up to; None while a price is missing.
        units: how many things were ordered.
        has_ended: it was settled before the first look at any database; nothing has moved it since.
    """

    id: UUID
    user_id: UUID
    status: str
    total: Decimal | None
    lines: Decimal | None
    units: int | None
    has_ended: bool


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What catalog says; `is_old` when it was there well before the look."""

    id: UUID
    user_id: UUID
    state: str
    total: Decimal
    units: int | None
    is_old: bool


@dataclass(frozen=True, kw_only=True)
class Payment:
    """What users says; `amount` is None for money that was never asked for."""

    id: UUID
    user_id: UUID
    state: str
    amount: Decimal | None
    is_old: bool


@dataclass(frozen=True, kw_only=True)
class Story:
    """What all three say about one order; None where one has no row."""

    id: UUID
    order: Order | None = None
    stock: Reservation | None = None
    money: Payment | None = None

    def facts(self) -> dict[str, Any]:
        """Return what a person needs to see the contradiction, flat."""
        order, stock, money = self.order, self.stock, self.money
        return {
            "order_id": self.id,
            "status": order.status if order else None,
            "total": order.total if order else None,
            "lines": order.lines if order else None,
            "units": order.units if order else None,
            "user_id": order.user_id if order else None,
            "stock": stock.state if stock else None,
            "stock_total": stock.total if stock else None,
            "stock_units": stock.units if stock else None,
            "stock_user_id": stock.user_id if stock else None,
            "money": money.state if money else None,
            "amount": money.amount if money else None,
            "money_user_id": money.user_id if money else None,
        }


def _ended(story: Story, status: str) -> bool:
    """Return whether the order has this status for good."""
    return story.order is not None and story.order.has_ended and story.order.status == status


def _total(story: Story) -> bool:
    order = story.order
    return order is not None and order.total is not None and order.lines != order.total


def _sold_not_committed(story: Story) -> bool:
    return _ended(story, "completed") and (story.stock is None or story.stock.state != "committed")


def _sold_not_captured(story: Story) -> bool:
    return _ended(story, "completed") and (story.money is None or story.money.state != "captured")


def _off_but_held(story: Story) -> bool:
    return _ended(story, "cancelled") and story.stock is not None and story.stock.state in {"held", "committed"}


def _off_but_captured(story: Story) -> bool:
    return _ended(story, "cancelled") and story.money is not None and story.money.state == "captured"


def _stock_alone(story: Story) -> bool:
    return story.order is None and story.stock is not None and story.stock.is_old


def _money_alone(story: Story) -> bool:
    return story.order is None and story.money is not None and story.money.is_old


def _other_stock(story: Story) -> bool:
    """What is held is what was ordered, for whom it was; a total is known to orders only after it has heard of it."""
    order, stock = story.order, story.stock
    if order is None or stock is None:
        return False
    if stock.user_id != order.user_id:
        return True
    if stock.state not in {"held", "committed"}:
        return False
    return stock.units != order.units or order.total not in {None, stock.total}


def _other_money(story: Story) -> bool:
    """What was asked for is the total, of whom it was; it is never asked for before the total is known."""
    order, money = story.order, story.money
    if order is None or money is None:
        return False
    return money.user_id != order.user_id or money.amount not in {None, order.total}


# Of an order that has not ended only what can never change is compared.
LAWS: Mapping[str, Callable[[Story], bool]] = {
    "order_total_is_its_lines": _total,
    "completed_order_is_committed": _sold_not_committed,
    "completed_order_is_captured": _sold_not_captured,
    "cancelled_order_holds_no_stock": _off_but_held,
    "cancelled_order_keeps_no_money": _off_but_captured,
    "reservation_has_an_order": _stock_alone,
    "payment_has_an_order": _money_alone,
    "reservation_is_what_was_ordered": _other_stock,
    "payment_is_the_orders_total": _other_money,
}


def broken(story: Story) -> list[str]:
    """Return the names of the laws that a story breaks."""
    return [name for name, breaks in LAWS.items() if breaks(story)]
