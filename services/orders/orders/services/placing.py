"""Placing an order: two statements for any number of lines, the rows and the event that asks for stock."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from orders import domain
from orders.models import Order
from shared import tracing
from shared.db import prepared
from shared.db.models import uuid7
from shared.errors import Conflict, InvalidInput
from shared.events import contracts, outbox

# The pending order in the way may have moved on before it is looked up; then there is room after all.
_TRIES = 3

Line = Mapping[str, Any]


class PendingOrderExists(Conflict):
    """The user has a pending order of the same day."""

    code = "pending_order_exists"
    message = "You have a pending order already; wait until it is processed."


class QuantityTooLarge(InvalidInput):
    """The merged lines of one product ask for more than one line may."""

    message = f"items: At most {domain.LARGEST_QUANTITY} of one product may be ordered."


def order_place(*, user_id: UUID, lines: Sequence[Line], now: datetime) -> dict[str, Any]:
    """Place an order: catalog is asked to hold its lines.

    Args:
        user_id: who orders.
        lines: `product_id` and `quantity` each; lines of one product are merged.
        now: when it is placed; its UTC date is the day of the one-pending rule.

    Returns:
        The order as the selectors return it.

    Raises:
        PendingOrderExists: the user has a pending order of this day; nothing is written.
        QuantityTooLarge: the lines of one product add up to too much.
    """
    merged = _merged(lines)
    with transaction.atomic(savepoint=False):
        for _ in range(_TRIES):
            order = _insert(user_id=user_id, quantities=merged, now=now)
            if order is not None:
                outbox.append(_placed(order))
                return order
            pending_id = _pending_id(user_id=user_id, now=now)
            if pending_id is not None:
                raise PendingOrderExists(extra={"order_id": pending_id}, retry_after=1)
        raise PendingOrderExists(retry_after=1)


def _merged(lines: Sequence[Line]) -> dict[UUID, int]:
    """Return quantities by product in the order of first mention; raises QuantityTooLarge."""
    quantities: dict[UUID, int] = {}
    for line in lines:
        quantities[line["product_id"]] = quantities.get(line["product_id"], 0) + line["quantity"]
    if max(quantities.values()) > domain.LARGEST_QUANTITY:
        raise QuantityTooLarge(details={"items": [QuantityTooLarge.message.removeprefix("items: ")]})
    return quantities


_INSERT = """
WITH placed AS (
    INSERT INTO orders (id, user_id, status, reason, stock, money, currency, placed_at, placed_on,
                        deadline_at, next_ask_at, asks, updated_at)
    VALUES (%(id)s, %(user_id)s, %(status)s, '', %(stock)s, %(money)s, %(currency)s, %(now)s, %(today)s,
            now() + make_interval(secs => %(timeout)s), now() + make_interval(secs => %(pause)s), 0, %(now)s)
    ON CONFLICT (user_id, placed_on) WHERE status = 'pending' DO NOTHING
    RETURNING id
), lines AS (
    INSERT INTO order_lines (order_id, product_id, quantity)
    SELECT placed.id, line.product_id, line.quantity
      FROM placed, unnest(%(products)s::uuid[], %(quantities)s::int[])
           WITH ORDINALITY AS line(product_id, quantity, position)
     ORDER BY line.position
), entry AS (
    INSERT INTO order_timeline (order_id, kind, from_status, to_status, cause, attempt, trace_id)
    SELECT placed.id, 'transition', '', %(status)s, 'customer', 1, %(trace_id)s FROM placed
)
SELECT id FROM placed
"""


def _insert(*, user_id: UUID, quantities: Mapping[UUID, int], now: datetime) -> dict[str, Any] | None:
    """Write order, lines and timeline in one statement; None when another pending one is in the way."""
    story = domain.Story()
    values = {
        "id": uuid7(),
        "user_id": user_id,
        "status": story.status.value,
        "stock": story.stock.value,
        "money": story.money.value,
        "currency": settings.CURRENCY,
        "now": now,
        "today": now.astimezone(UTC).date(),
        "timeout": settings.ORDER_TIMEOUT,
        "pause": domain.pause_seconds(0),
        "products": prepared.array(quantities),
        "quantities": prepared.array(quantities.values()),
        "trace_id": tracing.trace_id(),
    }
    return _row(values, quantities) if prepared.rows(_INSERT, values) else None


def _row(values: Mapping[str, Any], quantities: Mapping[UUID, int]) -> dict[str, Any]:
    """Return the new order as the selectors return one, without reading it back."""
    unknown = {"sku": None, "name": None, "unit_price": None}
    return {
        **{name: values[name] for name in ("id", "user_id", "status", "currency")},
        "reason": "",
        "total": None,
        "shortages": None,
        "placed_at": values["now"],
        "updated_at": values["now"],
        "items": [
            {"product_id": product_id, "quantity": quantity, **unknown} for product_id, quantity in quantities.items()
        ],
    }


def _placed(order: Mapping[str, Any]) -> contracts.OrderPlaced:
    """Return the event that asks for the stock."""
    lines = tuple(
        contracts.OrderLine(product_id=each["product_id"], quantity=each["quantity"]) for each in order["items"]
    )
    return contracts.OrderPlaced(order_id=order["id"], user_id=order["user_id"], lines=lines)


def _pending_id(*, user_id: UUID, now: datetime) -> UUID | None:
    """Return the id of the user's pending order of the day."""
    day = now.astimezone(UTC).date()
    rows = Order.objects.filter(user_id=user_id, placed_on=day, status=domain.Status.PENDING.value)
    return rows.values_list("id", flat=True).first()
