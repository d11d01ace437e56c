"""Orders as their users see them: rows are dictionaries; one order comes with its lines, a page's come with a query."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db.models import QuerySet

from orders import domain
from orders.filters import OrderFilter
from orders.models import Order, TimelineEntry
from shared.auth.principal import Principal
from shared.db import prepared
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
LINE = ("product_id", "quantity", "sku", "name", "unit_price")
ENTRY = ("id", "at", "kind", "from_status", "to_status", "cause", "event_id", "attempt", "trace_id")

# One order is asked for all the time, above all by who waits for it (record 18): each row has a line and the order,
# which for any but the longest costs less than a second round trip.
_ONE = f"""
SELECT {", ".join(f"orders.{name}" for name in ORDER)}, {", ".join(LINE)}
  FROM orders JOIN order_lines ON order_lines.order_id = orders.id
 WHERE orders.id = %(order_id)s AND {{seen}}
 ORDER BY order_lines.id
"""  # noqa: S608 (the names above)
_VISIBLE = _ONE.format(seen="(%(everybodys)s OR user_id = %(user_id)s)")
_FINAL = _ONE.format(seen="status = ANY(%(final)s)")
_CHANGED = _ONE.format(seen="status <> %(status)s")
_LINES = f"""
SELECT order_id, {", ".join(LINE)}
  FROM order_lines WHERE order_id = ANY(%(order_ids)s::uuid[]) ORDER BY id
"""  # noqa: S608 (the names above)

ORDER_PARAMETERS = OrderFilter.schemas()

Row = dict[str, Any]


def order_one(*, order_id: UUID, principal: Principal) -> Row:
    """Return an order with its items; raises NotFound, also for somebody else's."""
    found = _found(_VISIBLE, order_id=order_id, everybodys=principal.is_staff, user_id=principal.id)
    if found is None:
        raise NotFound
    return found


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


def with_items(orders: Sequence[Row]) -> list[Row]:
    """Return order rows with their items, read with one query for all of them."""
    items: dict[UUID, list[Row]] = {order["id"]: [] for order in orders}
    for line in prepared.named(_LINES, {"order_ids": prepared.array(items)}) if items else ():
        items[line["order_id"]].append(line)
    return [{**order, "items": items[order["id"]]} for order in orders]


def order_once_final(*, order_id: UUID) -> Row | None:
    """Return an order with its items if it is completed or cancelled, else None."""
    return _found(_FINAL, order_id=order_id, final=[each.value for each in domain.FINAL])


def order_once_changed(*, order_id: UUID, status: str) -> Row | None:
    """Return an order with its items if its status is another than the given one, else None."""
    return _found(_CHANGED, order_id=order_id, status=status)


def order_timeline(*, order_id: UUID, principal: Principal) -> QuerySet[TimelineEntry, Row]:
    """Return what happened to an order; raises NotFound, also for somebody else's."""
    if not _visible(principal).filter(id=order_id).exists():
        raise NotFound
    entries: QuerySet[TimelineEntry, Row] = TimelineEntry.objects.filter(order_id=order_id).values(*ENTRY)
    return entries


def _visible(principal: Principal) -> QuerySet[Order]:
    """Return the orders that a principal may see."""
    return Order.objects.all() if principal.is_staff else Order.objects.filter(user_id=principal.id)


def _found(sql: str, **values: Any) -> Row | None:
    """Return the one order that a statement finds, with its items, or None."""
    rows = prepared.rows(sql, values)
    if not rows:
        return None
    order: Row = dict(zip(ORDER, rows[0], strict=False))
    order["shortages"] = order["shortages"] and orjson.loads(order["shortages"])
    return {**order, "items": [dict(zip(LINE, row[len(ORDER) :], strict=True)) for row in rows]}
