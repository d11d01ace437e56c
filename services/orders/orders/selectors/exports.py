"""Orders as CSV."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import CharField, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat

from orders.models import OrderLine
from orders.selectors import reading
from shared.auth.principal import Principal
from shared.db import csv_export

_COLUMNS = {
    name: name
    for name in (
        "id",
        "user_id",
        "status",
        "reason",
        "items",
        "total",
        "currency",
        "placed_at",
        "updated_at",
        "settled_at",
    )
}


def order_table(*, principal: Principal, params: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the orders that the list's filters choose as CSV, the latest first, piece by piece.

    Args:
        principal: who asks; all orders for staff, else one's own.
        params: the query string's filters.

    Raises:
        InvalidInput: a filter is unknown or does not parse.
        InsufficientPermissions: one who is not staff filters by user.
    """
    rows = reading.order_list(principal=principal, params=params)
    return csv_export.lines(rows.annotate(items=_items()).order_by("-placed_at", "-id"), _COLUMNS)


def _items() -> Subquery:
    """Return an order's lines in one cell, as in `MUG-1 x 3; CUP-2 x 1`; a product without a sku yet by its id."""
    product = Coalesce("sku", Cast("product_id", TextField()))
    line = Concat(product, Value(" x "), Cast("quantity", CharField()), output_field=TextField())
    lines = OrderLine.objects.filter(order_id=OuterRef("id")).order_by().values("order_id")
    listed = StringAgg(line, delimiter="; ", order_by="id", output_field=TextField())
    return Subquery(lines.annotate(listed=listed).values("listed"))
