"""Files to take home: products, and what is wrong with an import's rows."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField

from catalog.models import ImportRowError
from catalog.selectors import imports, products
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
_COMPUTED = {"available": "product.on_hand - product.reserved"}
_UNITS = BigIntegerField()
_ERROR = {name: name for name in ("line", "sku", "field", "message")}


def product_table(*, params: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the products that the list's filters choose as CSV, piece by piece; also those not sold any more.

    Args:
        params: the query's filters.

    Raises:
        InvalidInput: names each unknown or unparsable filter.
    """
    rows, order = products.product_list(params=params, include_inactive=True)
    rows = replace(rows, columns={**rows.columns, **_COMPUTED}, computed={**rows.computed, "available": _UNITS})
    return csv_export.lines(rows, _PRODUCT, order=order)


def error_table(*, import_id: UUID) -> Iterator[bytes]:
    """Yield everything that is wrong with an import's rows as CSV, by line.

    Args:
        import_id: the import.

    Raises:
        NotFound: there is no such import.
    """
    imports.import_get(import_id=import_id)
    rows = ImportRowError.objects.filter(job_id=import_id).order_by("id")
    yield from csv_export.lines(rows, _ERROR)
