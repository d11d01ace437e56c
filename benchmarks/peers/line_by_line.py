"""Reserving stock as one would first write it with the ORM: lock, look and write line by line. Runs inside catalog."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from catalog.models import Product, Reservation, ReservationLine
from shared.events import outbox
from shared.events.contracts import ReservedLine, StockReserved


@transaction.atomic
def stock_reserve(*, order_id: UUID, user_id: UUID, lines: Iterable[tuple[UUID, int]]) -> None:
    """Hold all lines of an order, products by ascending id so that nobody waits in a circle, and say so.

    Args:
        order_id: the order.
        user_id: whose order it is.
        lines: product id and quantity.
    """
    reservation = Reservation.objects.create(order_id=order_id, user_id=user_id, state="held")
    held = []
    for product_id, quantity in sorted(lines):
        product = Product.objects.select_for_update(no_key=True).get(id=product_id, is_active=True)
        if product.on_hand - product.reserved < quantity:
            raise ValueError("sold out")
        product.reserved += quantity
        product.save(update_fields=["reserved"])
        ReservationLine.objects.create(
            reservation=reservation,
            product=product,
            quantity=quantity,
            unit_price=product.price,
            sku=product.sku,
            name=product.name,
        )
        held.append(
            ReservedLine(
                product_id=product.id, quantity=quantity, unit_price=product.price, sku=product.sku, name=product.name
            )
        )
    reservation.total = sum(line.unit_price * line.quantity for line in held)
    reservation.save(update_fields=["total"])
    outbox.append(StockReserved(order_id=order_id, lines=tuple(held), total=reservation.total))
