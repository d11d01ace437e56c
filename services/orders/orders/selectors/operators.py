"""Orders as operators see them: what they wait for, and since when."""

from uuid import UUID

from orders.models import Order, TimelineEntry
from orders.selectors.reading import ENTRY, ORDER, Row
from shared.errors import NotFound

_STUCK_ASKS = 3
_STORY = (*ORDER, "stock", "money", "asks", "next_ask_at", "deadline_at", "settled_at")


def orders_unsettled(*, is_stuck: bool, limit: int) -> list[Row]:
    """Return orders that still wait for an answer, the oldest first.

    Args:
        is_stuck: only those whose question was repeated three times or more.
        limit: at most so many.
    """
    waiting = Order.objects.filter(next_ask_at__isnull=False)
    if is_stuck:
        waiting = waiting.filter(asks__gte=_STUCK_ASKS)
    return list(waiting.order_by("placed_at", "id").values(*_STORY)[:limit])


def order_story(*, order_id: UUID) -> tuple[Row, list[Row]]:
    """Return all that is known about an order and its timeline, for operators; raises NotFound."""
    row = Order.objects.filter(id=order_id).values(*_STORY).first()
    if row is None:
        raise NotFound("There is no order with this id.")
    return row, list(TimelineEntry.objects.filter(order_id=order_id).order_by("id").values(*ENTRY))
