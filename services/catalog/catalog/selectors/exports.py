"""Files to take home."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import BigIntegerField, ExpressionWrapper, F

from catalog.selectors import products
from shared.db import csv_export

_PRODUCT = {
    "id": "id",
    "sku": "sku",
    "name": "name",
    "slug": "slug",
    "description": "description",
    "price": "price",
    "category": "category__slug",
    "available": "available",
    "is_active": "is_active",
    "created_at": "created_at",
    "updated_at": "updated_at",
}


def product_table(*, params: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the products that the list's filters choose as CSV, piece by piece; also those not sold any more.

    Args:
        params: the query's filters.

    Raises:
        InvalidInput: names each unknown or unparsable filter.
    """
    rows, order = products.product_list(params=params, include_inactive=True)
    available = ExpressionWrapper(F("on_hand") - F("reserved"), output_field=BigIntegerField())
    return csv_export.lines(rows.annotate(available=available).order_by(*order), _PRODUCT)
