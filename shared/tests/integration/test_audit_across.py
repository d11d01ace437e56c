"""The laws between the services, on three real databases: what breaks each, and what only looks like it."""

import itertools
import threading
import tracemalloc
from uuid import UUID

import pytest
from django.db import connection
from market import USER, Market

from shared.db.models import uuid7
from shared.upkeep.across import laws, looking

pytestmark = pytest.mark.django_db(transaction=True)


def broken(databases, *, age=60):
    """Return the ids that break each law that is broken."""
    outcome = looking.look(databases, age=age)
    return {name: [row["order_id"] for row in rows] for name, rows in outcome.rows.items() if rows}


def test_every_end_that_orders_may_have_agrees(databases, market):
    market.sale()
    for stock, money in itertools.product(("released", "rejected", None), ("declined", "voided", "refunded", None)):
        market.cancellation(stock, money)

    outcome = looking.look(databases, age=60)

    assert outcome.holds
    assert outcome.seen == {"orders": 13, "reservations": 9, "payments": 10}


def _declined_another_amount(market):
    order_id = market.order("cancelled")
    market.payment(order_id, "declined", amount="6.00")
    return order_id


SPOILT = {
    "order_total_is_its_lines": lambda market: market.order("cancelled", price="2.49"),
    "completed_order_is_committed": lambda market: market.sold(stock="held"),
    "completed_order_is_captured": lambda market: market.sold(money="declined"),
    "cancelled_order_holds_no_stock": lambda market: market.cancellation("committed", "voided"),
    "cancelled_order_keeps_no_money": lambda market: market.cancellation("released", "captured"),
    "reservation_has_an_order": lambda market: _alone(market.reservation),
    "payment_has_an_order": lambda market: _alone(market.payment),
    "reservation_is_what_was_ordered": lambda market: market.sold(total="4.99"),
    "payment_is_the_orders_total": lambda market: market.sold(amount="4.99"),
}
ALSO = [
    ("completed_order_is_committed", lambda market: market.sold(stock=None)),
    ("completed_order_is_committed", lambda market: market.sold(stock="released")),
    ("completed_order_is_captured", lambda market: market.sold(money=None)),
    ("completed_order_is_captured", lambda market: market.sold(money="refunded")),
    ("cancelled_order_holds_no_stock", lambda market: market.cancellation("held", None)),
    ("reservation_is_what_was_ordered", lambda market: market.sold(units=3)),
    ("reservation_is_what_was_ordered", lambda market: market.sold(holder=uuid7())),
    ("payment_is_the_orders_total", lambda market: market.sold(payer=uuid7())),
    ("payment_is_the_orders_total", _declined_another_amount),
]


def _alone(write):
    order_id = uuid7()
    write(order_id)
    return order_id


def test_every_law_has_its_offender():
    assert set(SPOILT) == set(laws.LAWS)


@pytest.mark.parametrize(("name", "spoil"), [*SPOILT.items(), *ALSO])
def test_each_contradiction_is_found_alone(databases, market, name, spoil):
    market.sale()
    order_id = spoil(market)
    market.sale()

    assert broken(databases) == {name: [order_id]}


def test_what_has_not_ended_is_not_held_to_its_end(databases, market):
    for state in ("held", "committed", "released"):
        market.reservation(market.order("completed", settled=None), state)
        market.payment(market.order("cancelled", settled=None), "captured")
    market.order("completed", settled="59 seconds")

    outcome = looking.look(databases, age=60)

    assert outcome.holds
    assert outcome.seen["unsettled"] == 7
    assert list(broken(databases, age=0)) == ["completed_order_is_committed", "completed_order_is_captured"]


def test_what_can_never_change_is_compared_at_once(databases, market):
    order_id = market.order("completed", settled=None)
    market.payment(order_id, amount="6.00", ago="0 seconds")

    assert broken(databases) == {"payment_is_the_orders_total": [order_id]}


def test_an_order_that_has_not_heard_of_its_hold_has_no_total_yet(databases, market):
    market.reservation(market.order("cancelled", settled=None, total=None), "held", total="7.00")

    assert broken(databases) == {}


def test_what_is_young_may_be_ahead_of_a_lagging_replica(databases, market):
    market.reservation(uuid7(), ago="59 seconds")
    market.payment(uuid7(), ago="59 seconds")

    assert broken(databases) == {}
    assert len(broken(databases, age=0)) == 2


def _lives(databases, stopping):
    """Let orders be placed, sold, settled and refunded, each step committed in the order in which it happens."""
    own = Market(databases)
    while not stopping.is_set():
        order_id = own.order(settled=None)
        own.reservation(order_id)
        own.payment(order_id)
        own.orders.execute(f"{_SETTLES} stock = 'committed', money = 'captured' WHERE id = %s", [order_id])
        own.orders.execute(
            """UPDATE orders SET status = 'cancelled', reason = 'refunded', settled_at = NULL, next_ask_at = now()
                WHERE id = %s""",
            [order_id],
        )
        own.catalog.execute("UPDATE reservation SET state = 'released' WHERE order_id = %s", [order_id])
        own.users.execute("UPDATE payments SET state = 'refunded' WHERE order_id = %s", [order_id])
        own.orders.execute(f"{_SETTLES} stock = 'released', money = 'refunded' WHERE id = %s", [order_id])
    own.close()


_SETTLES = "UPDATE orders SET settled_at = now(), next_ask_at = NULL,"


def test_what_happens_while_it_looks_is_no_contradiction(databases, market):
    stopping = threading.Event()
    threads = [threading.Thread(target=_lives, args=(databases, stopping)) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        outcomes = [looking.look(databases, age=0) for _ in range(30)]
        while outcomes[-1].seen["orders"] <= 20:
            outcomes.append(looking.look(databases, age=0))
    finally:
        stopping.set()
        for thread in threads:
            thread.join()

    assert {name for outcome in outcomes for name, count in outcome.counts.items() if count} == set()


def test_memory_does_not_grow_with_the_number_of_orders(databases, market):
    market.sale()
    _many(market, 10_000)
    looking.look(databases, age=60)  # everything is loaded now

    tracemalloc.start()
    try:
        outcome = looking.look(databases, age=60)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert outcome.seen["orders"] == outcome.seen["reservations"] == outcome.seen["payments"] == 10_001
    assert outcome.counts["completed_order_is_captured"] == 10_000
    assert len(outcome.rows["completed_order_is_captured"]) == looking.MOST_ROWS
    assert peak < 8_000_000  # three times two thousand rows, not ten thousand


def _many(market, count):
    """Write many orders that are committed, and whose money was declined."""
    market.catalog.execute("SET session_replication_role = replica")
    number = "('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid"
    market.orders.execute(
        f"""INSERT INTO orders (id, user_id, status, reason, stock, money, total, currency, placed_at, placed_on,
                                deadline_at, asks, settled_at, updated_at)
            SELECT {number}, %s, 'completed', '', 'committed', 'captured', 1, 'GBP', now(),
                   (now() AT TIME ZONE 'UTC')::date, now(), 0, now() - interval '1 hour', now()
              FROM generate_series(1, %s) n""",
        [USER, count],
    )
    market.orders.execute(
        f"""INSERT INTO order_lines (order_id, product_id, quantity, unit_price)
            SELECT {number}, {number}, 1, 1 FROM generate_series(1, %s) n""",
        [count],
    )
    market.catalog.execute(
        f"""WITH made AS (INSERT INTO reservation (order_id, user_id, state, total, created_at)
                          SELECT {number}, %s, 'committed', 1, now() - interval '1 hour'
                            FROM generate_series(1, %s) n RETURNING order_id)
            INSERT INTO reservation_line (reservation_id, product_id, quantity, unit_price, sku, name)
            SELECT made.order_id, made.order_id, 1, 1, 'S', 'Thing' FROM made""",
        [USER, count],
    )
    market.users.execute(
        f"""INSERT INTO payments (order_id, user_id, state, amount, reason, created_at)
            SELECT {number}, %s, 'declined', 1, 'insufficient_funds', now() - interval '1 hour'
              FROM generate_series(1, %s) n""",
        [USER, count],
    )
    for each in (market.orders, market.catalog, market.users):
        each.execute("ANALYZE")


def test_ids_come_in_the_databases_order():
    """The merge relies on PostgreSQL and Python agreeing about which id comes first."""
    ids = [UUID(int=number) for number in (0, 1, 2**64, 2**127, 2**128 - 1)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM unnest(%s::uuid[]) AS id ORDER BY id", [ids[::-1]])
        assert [row[0] for row in cursor.fetchall()] == sorted(ids) == ids
