"""One-click orders of one product, and what their refusal means to the buyer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from orders import domain
from orders.services.placing import order_place
from shared.errors import BusinessRuleBroken, NotFound


class QuantityNotPositive(BusinessRuleBroken):
    """A purchase asks for nothing."""

    message = "Quantity must be greater than 0."


class InsufficientStock(BusinessRuleBroken):
    """There is less of the product than was asked for."""

    code = "insufficient_stock"
    message = "Insufficient stock."


class InsufficientFunds(BusinessRuleBroken):
    """The wallet does not hold enough."""

    code = "insufficient_funds"
    message = "Insufficient funds."


class ProductUnknown(NotFound):
    """There is no such product for sale."""

    message = "There is no such product."


def product_purchase(*, user_id: UUID, product_id: UUID, quantity: int, now: datetime) -> dict[str, Any]:
    """Place an order of one product.

    Args:
        user_id: who buys.
        product_id: what.
        quantity: how many.
        now: when it is placed.

    Raises:
        QuantityNotPositive: the quantity is 0 or less.
        PendingOrderExists: as order_place.
    """
    if quantity <= 0:
        raise QuantityNotPositive
    return order_place(user_id=user_id, lines=[{"product_id": product_id, "quantity": quantity}], now=now)


def purchase_check(order: Mapping[str, Any]) -> None:
    """Tell the buyer of one product why the purchase failed.

    Args:
        order: the final order, as the selectors return it.

    Raises:
        InsufficientStock: there is less than was asked for; says how much.
        ProductUnknown: there is no such product, or it is not sold any more.
        InsufficientFunds: the wallet does not hold enough.
    """
    extra = {"order_id": order["id"]}
    if order["reason"] == domain.Reason.INSUFFICIENT_STOCK and order["shortages"]:
        short = order["shortages"][0]
        text = f"Insufficient stock. Available: {short['available']}, Requested: {short['requested']}"
        raise InsufficientStock(text, extra=extra)
    if order["reason"] == domain.Reason.UNKNOWN_PRODUCT:
        raise ProductUnknown(extra=extra)
    if order["reason"] == domain.Reason.INSUFFICIENT_FUNDS:
        raise InsufficientFunds(extra=extra)
