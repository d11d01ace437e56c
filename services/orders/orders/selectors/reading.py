"""Orders as their users see them: rows are dictionaries, lines of a whole page come with one further query."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from orders import domain
from orders.filters import OrderFilter
from orders.models import Order, OrderLine, TimelineEntry
from shared.auth.principal import Principal
from shared.errors import InsufficientPermissions, NotFound

ORDER = (
    "id",
    "user_id",
    "status",
    "reason",
    "total",
    "currency",
    "shortages",
    "placed_at",
    "updated_at",
)
_LINE = ("order_id", "product_id", "quantity", "sku", "name", "unit_price")
ENTRY = ("id", "at", "kind", "from_status", "to_status", "cause", "event_id", "attempt", "trace_id")

ORDER_PARAMETERS = OrderFilter.schemas()

Row = dict[str, Any]


def order_one(*, order_id: UUID, principal: Principal) -> Row:
    """Return an order with its items; raises NotFound, also for somebody else's."""
    row = _visible(principal).filter(id=order_id).values(*ORDER).first()
    if row is None:
        raise NotFound
    return with_items([row])[0]


def order_list(*, principal: Principal, params: Mapping[str, Any]) -> QuerySet[Order, Row]:
    """Return the orders that a principal may see, filtered, without their items.

    Args:
        principal: who asks; all orders for staff, else one's own.
        params: the query string's filters.

    Raises:
        InvalidInput: a filter is unknown or does not parse.
        InsufficientPermissions: one who is not staff filters by user.
    """
    if "user_id" in params and not principal.is_staff:
        raise InsufficientPermissions("Only staff may filter by user_id.")
    return OrderFilter.apply(params, _visible(principal)).values(*ORDER)


def with_items(rows: Sequence[Row]) -> list[Row]:
    """Return order rows with their items, read with one query for all of them."""
    items: dict[UUID, list[Row]] = {row["id"]: [] for row in rows}
    for line in OrderLine.objects.filter(order_id__in=items).order_by("id").values(*_LINE):
        items[line["order_id"]].append(line)
    return [{**row, "items": items[row["id"]]} for row in rows]


def order_once_final(*, order_id: UUID) -> Row | None:
    """Return an order with its items if it is completed or cancelled, else None."""
    return _found(Order.objects.filter(id=order_id, status__in=[each.value for each in domain.FINAL]))


def order_once_changed(*, order_id: UUID, status: str) -> Row | None:
    """Return an order with its items if its status is another than the given one, else None."""
    return _found(Order.objects.filter(id=order_id).exclude(status=status))


def order_timeline(*, order_id: UUID, principal: Principal) -> QuerySet[TimelineEntry, Row]:
    """Return what happened to an order; raises NotFound, also for somebody else's."""
    if not _visible(principal).filter(id=order_id).exists():
        raise NotFound
    entries: QuerySet[TimelineEntry, Row] = TimelineEntry.objects.filter(order_id=order_id).values(*ENTRY)
    return entries


def _visible(principal: Principal) -> QuerySet[Order]:
    """Return the orders that a principal may see."""
    return Order.objects.all() if principal.is_staff else Order.objects.filter(user_id=principal.id)


def _found(orders: QuerySet[Order]) -> Row | None:
    """Return the one order with its items, or None."""
    row = orders.values(*ORDER).first()
    return None if row is None else with_items([row])[0]
