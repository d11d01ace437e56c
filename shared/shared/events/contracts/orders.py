"""What orders says: the story of an order is decided only there."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.events.contracts.base import Contract, Money, Part


class OrderLine(Part):
    """How many of which product."""

    product_id: UUID
    quantity: int = Field(gt=0)


class OrderPlaced(Contract, type="orders.order_placed.v1", subject="order_id"):
    """A customer ordered: catalog is asked to hold the stock."""

    order_id: UUID
    user_id: UUID
    lines: tuple[OrderLine, ...]


class PaymentRequested(Contract, type="orders.payment_requested.v1", subject="order_id"):
    """The stock is held: users is asked to take the money."""

    order_id: UUID
    user_id: UUID
    amount: Money


class OrderCompleted(Contract, type="orders.order_completed.v1", subject="order_id"):
    """The order is paid: its reservation becomes a sale."""

    order_id: UUID


class OrderCancelled(Contract, type="orders.order_cancelled.v1", subject="order_id"):
    """The order will not happen: stock is released or restocked, money refunded or refused later."""

    order_id: UUID
    user_id: UUID
    reason: Literal[
        "insufficient_stock",
        "unknown_product",
        "insufficient_funds",
        "user_inactive",
        "by_customer",
        "by_staff",
        "timeout",
        "refunded",
    ]
