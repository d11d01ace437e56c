"""What the participants answer: each function hears one answer about one order and lets the saga decide."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from orders import domain
from orders.models import Order
from orders.services.recording import Cause, changed, record, story_of
from shared.db import prepared
from shared.errors import Conflict, NotFound
from shared.events.contracts import ReservedLine, Shortage

_M = domain.Message


class OrderUnknown(NotFound):
    """An answer is about an order that does not exist; it must not vanish silently."""

    message = "There is no order with this id."


class ReservationMismatch(Conflict):
    """catalog holds something else than what was ordered."""

    message = "The reservation does not match the order."


def order_hold_confirm(*, order_id: UUID, lines: Sequence[ReservedLine], total: Decimal, cause: Cause) -> None:
    """Hear that all lines are held: users is asked for the money, unless the order was cancelled meanwhile.

    Args:
        order_id: the order.
        lines: the held lines with the names and prices that hold for this order.
        total: what they cost together.
        cause: the event.

    Raises:
        OrderUnknown: there is no such order.
        ReservationMismatch: lines or total are not those of the order.
    """
    with transaction.atomic(savepoint=False):
        order = locked(order_id)
        decision = domain.decide(story_of(order), _M.STOCK_RESERVED)
        if decision.say is None:
            record([changed(order, decision, cause)])
            return
        if sum((line.unit_price * line.quantity for line in lines), Decimal(0)) != total:
            raise ReservationMismatch
        _fill(order_id, lines)
        record([changed(order, decision, cause, total=total)])


def order_stock_reject(*, order_id: UUID, reason: domain.Reason, shortages: Sequence[Shortage], cause: Cause) -> None:
    """Hear that nothing is held: the order is cancelled, its shortages are kept; raises OrderUnknown."""
    kept = [each.model_dump(mode="json") for each in shortages]
    _hear(order_id, _M.STOCK_REJECTED, cause, reason, shortages=kept)


def order_stock_committed(*, order_id: UUID, cause: Cause) -> None:
    """Hear that the held stock has left the shelf; raises OrderUnknown."""
    _hear(order_id, _M.STOCK_COMMITTED, cause)


def order_stock_released(*, order_id: UUID, cause: Cause) -> None:
    """Hear that nothing is held any more, and never will be; raises OrderUnknown."""
    _hear(order_id, _M.STOCK_RELEASED, cause)


def order_payment_capture(*, order_id: UUID, cause: Cause) -> None:
    """Hear that the money was taken: an order that is not cancelled is completed; raises OrderUnknown."""
    _hear(order_id, _M.PAYMENT_CAPTURED, cause)


def order_payment_decline(*, order_id: UUID, reason: domain.Reason, cause: Cause) -> None:
    """Hear that no money was taken: the order is cancelled; raises OrderUnknown."""
    _hear(order_id, _M.PAYMENT_DECLINED, cause, reason)


def order_payment_refunded(*, order_id: UUID, cause: Cause) -> None:
    """Hear that the money went back; raises OrderUnknown."""
    _hear(order_id, _M.PAYMENT_REFUNDED, cause)


def order_payment_voided(*, order_id: UUID, cause: Cause) -> None:
    """Hear that no money will be taken; raises OrderUnknown."""
    _hear(order_id, _M.PAYMENT_VOIDED, cause)


def _hear(
    order_id: UUID,
    message: domain.Message,
    cause: Cause,
    reason: domain.Reason = domain.Reason.NONE,
    **facts: Any,
) -> None:
    """Lock the order, let the saga decide, write it down."""
    with transaction.atomic(savepoint=False):
        order = locked(order_id)
        record([changed(order, domain.decide(story_of(order), message, reason), cause, **facts)])


# In the order of the model, as from_db wants them.
_COLUMNS = ("id", "user_id", "status", "reason", "stock", "money", "total", "placed_at", "asks")
_LOCK = f"SELECT {', '.join(_COLUMNS)} FROM orders WHERE id = %s FOR UPDATE"  # noqa: S608 (the names above)


def locked(order_id: UUID) -> Order:
    """Return the order, locked for the transaction; raises OrderUnknown."""
    found = prepared.rows(_LOCK, [order_id])
    if not found:
        raise OrderUnknown
    order: Order = Order.from_db(connection.alias, _COLUMNS, found[0])
    return order


_FILL = """
WITH filled AS (
    UPDATE order_lines AS l
       SET sku = held.sku, name = held.name, unit_price = held.unit_price
      FROM jsonb_to_recordset(%(lines)s::jsonb)
           AS held(product_id uuid, quantity int, sku text, name text, unit_price numeric)
     WHERE l.order_id = %(order)s AND l.product_id = held.product_id AND l.quantity = held.quantity
    RETURNING l.id
)
SELECT (SELECT count(*) FROM filled), (SELECT count(*) FROM order_lines WHERE order_id = %(order)s)
"""


def _fill(order_id: UUID, lines: Sequence[ReservedLine]) -> None:
    """Take names and prices over into the order's lines, all of them; raises ReservationMismatch."""
    held = orjson.dumps([dict(line) for line in lines], default=str).decode()
    ((filled, ordered),) = prepared.rows(_FILL, {"lines": held, "order": order_id})
    if not filled == ordered == len(lines):
        raise ReservationMismatch
