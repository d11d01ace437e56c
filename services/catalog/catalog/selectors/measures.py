"""What only the database knows about products and stock, as gauges."""

from django.conf import settings
from django.db import connection

from shared import metrics

# One pass over the table. No label per product: there may be a million.
_STATES = """
SELECT count(*) FILTER (WHERE is_active),
       count(*) FILTER (WHERE NOT is_active),
       count(*) FILTER (WHERE is_active AND on_hand <= reserved),
       count(*) FILTER (WHERE is_active AND on_hand > reserved AND on_hand - reserved <= %s),
       coalesce(sum(reserved), 0)
  FROM product
"""


def measure() -> None:
    """Set the gauges of products by state and of reserved units; low stock is what LOW_STOCK says, in units."""
    with connection.cursor() as cursor:
        cursor.execute(_STATES, [settings.LOW_STOCK])
        *counts, reserved = cursor.fetchone()
    for state, count in zip(metrics.PRODUCT_STATES, counts, strict=True):
        metrics.PRODUCTS.labels(state=state).set(count)
    metrics.STOCK_RESERVED.set(int(reserved))
