"""Orders by the million, made by SQL inside PostgreSQL: completed long ago, spread over users and days."""

from typing import Any

import psycopg

_ORDERS = """
INSERT INTO orders (id, user_id, status, reason, stock, money, total, currency, placed_at, placed_on, deadline_at, asks,
                    settled_at, updated_at)
SELECT md5('order' || n)::uuid, coalesce(%(user)s::uuid, md5('user' || n %% greatest(%(count)s / 20, 1))::uuid),
       'completed', '', 'committed', 'captured', 30, 'GBP', moment, moment::date, moment + interval '15 min', 0,
       moment + interval '1 s', moment + interval '1 s'
  FROM (SELECT n, timestamptz '2026-01-01' - n * interval '10 s' AS moment
          FROM generate_series(%(first)s::bigint, %(first)s + %(count)s - 1) AS n) AS made
"""
_LINES = """
INSERT INTO order_lines (order_id, product_id, quantity, sku, name, unit_price)
SELECT md5('order' || n)::uuid, md5('product' || line || n %% 1000)::uuid, 1, 'SKU' || line, 'Thing ' || line, 10
  FROM generate_series(%(first)s::bigint, %(first)s + %(count)s - 1) AS n, generate_series(1, 3) AS line
"""
_ENTRIES = """
INSERT INTO order_timeline (order_id, at, kind, from_status, to_status, cause, attempt, trace_id)
SELECT md5('order' || n)::uuid, timestamptz '2026-01-01', 'transition', 'confirmed', 'completed',
       'users.payment_captured.v1', 1, ''
  FROM generate_series(%(first)s::bigint, %(first)s + %(count)s - 1) AS n
"""


def load(database: str, *, count: int, first: int = 1, user_id: str | None = None) -> None:
    """Add orders of three lines each to a database of the orders service.

    Args:
        database: its URL.
        count: how many orders.
        first: the number of the first; the same number is the same order.
        user_id: whose they are; default: twenty of each made-up user.
    """
    values: dict[str, Any] = {"first": first, "count": count, "user": user_id}
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in (_ORDERS, _LINES, _ENTRIES):
            connection.execute(statement, values)
        connection.execute("VACUUM ANALYZE orders, order_lines, order_timeline")
