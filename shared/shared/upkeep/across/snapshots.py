"""Three snapshots of three databases, read side by side in the order of ids with constant memory.

They cannot be of the same moment. So the participants' are taken first, and of an order only an end is believed that
was reached before: whatever moves an ended order (a refund) takes its end away before a participant hears of it. What
the participants say about an order exists at orders before they hear of it.
"""

import heapq
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any, TypeAlias

import psycopg
from psycopg.rows import class_row

from shared.upkeep.across.laws import Order, Payment, Reservation, Story

#: What is read of each service; `manage.py grant_audit` lets nobody who audits read more.
TABLES = {
    "users": ("payments",),
    "catalog": ("reservation", "reservation_line"),
    "orders": ("orders", "order_lines"),
}
SERVICES = tuple(TABLES)

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

# A read-only role may read little else; a fetch that takes a minute is a fault, waiting for the others is none.
_OPTIONS = (
    "-c default_transaction_read_only=on -c statement_timeout=60s -c lock_timeout=5s"
    " -c idle_in_transaction_session_timeout=600s -c timezone=UTC"
)
_ROWS_AT_ONCE = 2000

_ORDERS = """
SELECT o.id, o.user_id, o.status, o.total, l.lines, l.units, coalesce(o.settled_at < %s, false) AS has_ended
  FROM orders o
  LEFT JOIN LATERAL (SELECT sum(quantity)::bigint AS units,
                            CASE WHEN bool_and(unit_price IS NOT NULL) THEN sum(quantity * unit_price) END AS lines
                       FROM order_lines WHERE order_id = o.id) l ON true
 ORDER BY o.id
"""
_RESERVATIONS = """
SELECT r.order_id AS id, r.user_id, r.state, r.total, l.units, r.created_at < %s AS is_old
  FROM reservation r
  LEFT JOIN LATERAL (SELECT sum(quantity)::bigint AS units
                       FROM reservation_line WHERE reservation_id = r.order_id) l ON true
 ORDER BY r.order_id
"""
_PAYMENTS = """
SELECT order_id AS id, user_id, state, amount, created_at < %s AS is_old FROM payments ORDER BY order_id
"""


@contextmanager
def stories(addresses: Mapping[str, str], *, age: int) -> Iterator[Iterator[Story]]:
    """Open the three databases for the block; yields what they say about each order, in the order of ids.

    Args:
        addresses: service -> URL of its database; a role that may only read is enough, a replica will do.
        age: seconds that an end, or a row without an order, must be old: as far as a replica may lag.

    Raises:
        psycopg.Error: a database cannot be reached or read; also while stories are taken.
    """
    with ExitStack() as opened:
        users, catalog, orders = (opened.enter_context(_connected(addresses[name])) for name in SERVICES)
        before = _moment(orders, age)
        orders.rollback()
        old_stock, old_money = _moment(catalog, age), _moment(users, age)  # these snapshots are taken here …
        _moment(orders, age)  # … and this one after them
        yield _merged(
            _rows(orders, Order, _ORDERS, before),
            _rows(catalog, Reservation, _RESERVATIONS, old_stock),
            _rows(users, Payment, _PAYMENTS, old_money),
        )


def _connected(address: str) -> Connection:
    """Return a connection whose transactions see one snapshot and write nothing."""
    made = psycopg.connect(address, connect_timeout=5, options=_OPTIONS, application_name="plaza audit_across")
    made.isolation_level, made.read_only = psycopg.IsolationLevel.REPEATABLE_READ, True
    return made


def _moment(connection: Connection, age: int) -> datetime:
    """Return a time so many seconds ago by the database's clock; the transaction's snapshot is taken with it."""
    row = connection.execute("SELECT clock_timestamp() - make_interval(secs => %s)", [age]).fetchone()
    assert row is not None  # noqa: S101 (there is always a time)
    found: datetime = row[0]
    return found


def _rows(connection: Connection, kind: type[Any], query: str, moment: datetime) -> Iterator[Any]:
    """Yield the rows of a query, some thousand at a time."""
    with connection.cursor(name="audit_across", row_factory=class_row(kind)) as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        yield from cursor.execute(query, [moment])


_PLACES = {Order: "order", Reservation: "stock", Payment: "money"}


def _merged(*sources: Iterator[Any]) -> Iterator[Story]:
    """Yield one story for each id, of what the sources have about it; each comes in the order of ids."""
    for order_id, rows in groupby(heapq.merge(*sources, key=lambda row: row.id), key=lambda row: row.id):
        yield replace(Story(id=order_id), **{_PLACES[type(row)]: row for row in rows})
