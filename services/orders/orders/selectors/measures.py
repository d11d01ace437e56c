"""What only the database knows about orders, as gauges; called about once a minute."""

from django.db import connection

from orders import domain
from orders.selectors.operators import STUCK_ASKS
from shared import metrics

# Only what waits for an answer is read; an index knows which.
_WAITING = """
SELECT status, count(*), count(*) FILTER (WHERE asks >= %s), extract(epoch FROM now() - min(updated_at))::float
  FROM orders WHERE next_ask_at IS NOT NULL GROUP BY status
"""


def measure() -> None:
    """Set the gauges of orders that wait for an answer: how many by status, how many are stuck, the longest wait."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [STUCK_ASKS])
        found = {status: (count, stuck, seconds) for status, count, stuck, seconds in cursor.fetchall()}
    for status in domain.Status:
        metrics.ORDERS_OPEN.labels(status=status.value).set(found.get(status.value, (0,))[0])
    metrics.ORDERS_STUCK.set(sum(stuck for _, stuck, _ in found.values()))
    metrics.ORDERS_OLDEST.set(max((seconds for _, _, seconds in found.values()), default=0))
