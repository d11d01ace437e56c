"""What staff does in the catalog service: put products on sale, count them, price them, take them off sale."""

from decimal import Decimal
from uuid import uuid4

from django.db import transaction

from catalog import services


def stock_shelves(*, products: list[tuple[int, str]]) -> list[str]:
    """Create a product for each pair of units and price; returns their ids."""
    with transaction.atomic():
        return [_product(units, Decimal(price)) for units, price in products]


def _product(units: int, price: Decimal) -> str:
    key = str(services.product_create(sku=uuid4().hex, name="A thing", price=price)["id"])
    if units:
        services.stock_set(key=key, on_hand=units)
    return key


def restock(*, product_id: str, units: int) -> None:
    """Set what is on hand; what is reserved for orders cannot be taken away."""
    services.stock_set(key=product_id, on_hand=units)


def reprice(*, product_id: str, price: str) -> None:
    """Give a product another price."""
    services.product_update(key=product_id, changes={"price": Decimal(price)})


def put_on_sale(*, product_id: str, is_active: bool) -> None:
    """Put a product on sale, or take it off."""
    services.product_update(key=product_id, changes={"is_active": is_active})


ACTS = {"stock_shelves": stock_shelves, "restock": restock, "reprice": reprice, "put_on_sale": put_on_sale}
