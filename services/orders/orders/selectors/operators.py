"""Orders as operators see them: what they wait for, since when, and what has happened to them."""

from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from orders import domain
from orders.models import Order, TimelineEntry
from orders.selectors.reading import ENTRY, ORDER, Row
from shared.errors import NotFound

STUCK_ASKS: Final = 3  # some 75 seconds without an answer
_STORY = (*ORDER, "stock", "money", "asks", "next_ask_at", "deadline_at", "settled_at")


class OrderUnknown(NotFound):
    """There is no order with this id."""

    message = "There is no order with this id."


def orders_unsettled(*, is_stuck: bool, limit: int) -> list[Row]:
    """Return orders that still wait for an answer, the oldest first.

    Args:
        is_stuck: only those whose question was repeated three times or more.
        limit: at most so many.

    Returns:
        Rows with all that is known, and `waits_for`: the services that have not answered.
    """
    waiting = Order.objects.filter(next_ask_at__isnull=False)
    if is_stuck:
        waiting = waiting.filter(asks__gte=STUCK_ASKS)
    return [_told(row) for row in _rows(waiting).order_by("placed_at", "id")[:limit]]


def order_story(*, order_id: UUID) -> tuple[Row, list[Row]]:
    """Return all that is known about an order, and its timeline; raises OrderUnknown.

    Args:
        order_id: the order, anybody's.
    """
    row = _rows(Order.objects.filter(id=order_id)).first()
    if row is None:
        raise OrderUnknown
    return _told(row), list(TimelineEntry.objects.filter(order_id=order_id).order_by("id").values(*ENTRY))


def _rows(orders: QuerySet[Order]) -> QuerySet[Order, dict[str, Any]]:
    """Return the orders as rows of all that is known about them."""
    rows: QuerySet[Order, dict[str, Any]] = orders.values(*_STORY)
    return rows


def _told(row: Row) -> Row:
    """Return a row with the services that have not answered."""
    story = domain.Story(
        status=domain.Status(row["status"]), stock=domain.Stock(row["stock"]), money=domain.Money(row["money"])
    )
    return {**row, "waits_for": list(domain.awaited(story))}
