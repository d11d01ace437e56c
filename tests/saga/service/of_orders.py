"""What happens in the orders service: customers order and cancel, staff cancels, the clock ticks."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from orders import services


def place(*, user_id: str, basket: list[tuple[str, int]]) -> str:
    """Place an order of pairs of product and quantity; returns its id."""
    lines = [{"product_id": UUID(product), "quantity": quantity} for product, quantity in basket]
    return str(services.order_place(user_id=UUID(user_id), lines=lines, now=timezone.now())["id"])


def cancel(*, order_id: str, actor: str, is_staff: bool) -> None:
    """Cancel an order."""
    services.order_cancel(order_id=UUID(order_id), actor=UUID(actor), is_staff=is_staff)


def sweep() -> dict[str, Any]:
    """Do what is due; returns how many orders have timed out and how many were asked about again."""
    return services.orders_sweep()


ACTS = {"place": place, "cancel": cancel, "sweep": sweep}
