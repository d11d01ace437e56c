"""Races for stock: nothing is sold twice and nobody waits for ever."""

import random
import threading
from uuid import uuid4

import pytest
from books import balance
from django.db import connection, connections, transaction
from factories import ProductFactory

from catalog import services
from catalog.models import Product, Reservation, StockEntry
from shared.db.models import uuid7
from shared.events.contracts import OrderCancelled, OrderCompleted, OrderLine, OrderPlaced
from shared.testing import events
from shared.testing.race import together
from shared.testing.waiting import until_somebody_waits_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)


def reserve(order_id, *lines):
    services.stock_reserve(order_id=order_id, user_id=uuid4(), lines=lines)


def test_forty_buyers_of_ten_items_buy_exactly_ten_in_each_of_a_hundred_rounds():
    cups = [ProductFactory(stock=10).id for _ in range(100)]
    before = _deadlocks()

    def buy(number):
        for cup in cups:  # all at the same one, round by round
            reserve(uuid7(), (cup, 1))

    assert together(40, buy) == [None] * 40

    held = list(Reservation.objects.filter(state="held").values_list("order_id", flat=True))
    assert len(held) == 1000
    assert Reservation.objects.filter(state="rejected").count() == 3000
    assert set(Product.objects.values_list("on_hand", "reserved")) == {(10, 10)}
    balance()

    def sell(number):
        for order_id in held[number::8]:
            services.stock_commit(order_id=order_id)

    assert together(8, sell) == [None] * 8

    assert StockEntry.objects.filter(reason="commit").count() == 1000
    assert set(Product.objects.values_list("on_hand", "reserved")) == {(0, 0)}
    assert _deadlocks() == before
    balance()


def test_long_orders_of_the_same_products_in_opposite_order_never_deadlock():
    products = [ProductFactory(stock=60).id for _ in range(25)]
    before = _deadlocks()

    def buy(number):
        way = products if number % 2 else products[::-1]
        for _ in range(10):
            reserve(uuid7(), *[(product_id, 1) for product_id in way])

    assert together(8, buy) == [None] * 8

    assert _deadlocks() == before
    assert Reservation.objects.filter(state="held").count() == 60
    assert Reservation.objects.filter(state="rejected").count() == 20
    assert set(Product.objects.values_list("on_hand", "reserved")) == {(60, 60)}
    balance()


def test_opposite_orders_of_the_same_products_never_deadlock():
    products = [ProductFactory(stock=10_000).id for _ in range(5)]
    before = _deadlocks()

    def buy(number):
        shuffled = random.Random(number).sample(products, 5)
        for _ in range(25):
            order_id = uuid7()
            reserve(order_id, *[(product_id, 1) for product_id in shuffled])
            if number % 2:
                services.stock_commit(order_id=order_id)
            services.stock_release(order_id=order_id, user_id=uuid4())

    assert together(8, buy) == [None] * 8

    assert _deadlocks() == before
    assert set(Product.objects.values_list("on_hand", "reserved")) == {(10_000, 0)}
    balance()


def test_an_order_placed_many_times_at_once_is_held_once():
    cup = ProductFactory(stock=100)
    event = OrderPlaced(order_id=uuid7(), user_id=uuid4(), lines=(OrderLine(product_id=cup.id, quantity=7),))

    outcomes = together(12, lambda _: events.deliver(event))

    assert outcomes == ["handled"] * 12
    assert Product.objects.get(id=cup.id).reserved == 7
    assert len(set(events.said())) == 1
    assert len(events.said()) == 12
    balance()


@pytest.mark.parametrize("round_", range(10))
def test_a_cancellation_that_races_its_order_leaves_nothing_held(round_):
    cup = ProductFactory(stock=100)
    order_id, user_id = uuid7(), uuid4()
    both = [
        OrderPlaced(order_id=order_id, user_id=user_id, lines=(OrderLine(product_id=cup.id, quantity=7),)),
        OrderCancelled(order_id=order_id, user_id=user_id, reason="timeout"),
    ]

    outcomes = together(8, lambda number: events.deliver(both[number % 2]))

    assert outcomes == ["handled"] * 8
    assert Reservation.objects.get(order_id=order_id).state == "released"
    assert Product.objects.get(id=cup.id).reserved == 0
    balance()


@pytest.mark.parametrize("round_", range(5))
def test_an_order_completed_many_times_at_once_is_sold_once(round_):
    cup = ProductFactory(stock=100)
    order_id = uuid7()
    reserve(order_id, (cup.id, 7))

    outcomes = together(8, lambda _: events.deliver(OrderCompleted(order_id=order_id)))

    assert outcomes == ["handled"] * 8
    assert Product.objects.filter(id=cup.id).values_list("on_hand", "reserved").get() == (93, 0)
    balance()


@pytest.mark.parametrize("round_", range(10))
def test_a_sale_that_races_its_cancellation_is_undone(round_):
    cup = ProductFactory(stock=100)
    order_id = uuid7()
    reserve(order_id, (cup.id, 7))
    both = [
        OrderCompleted(order_id=order_id),
        OrderCancelled(order_id=order_id, user_id=uuid4(), reason="refunded"),
    ]

    outcomes = together(8, lambda number: events.deliver(both[number % 2]))

    assert outcomes == ["handled"] * 8
    assert Reservation.objects.get(order_id=order_id).state == "released"
    assert Product.objects.filter(id=cup.id).values_list("on_hand", "reserved").get() == (100, 0)
    balance()


@pytest.mark.parametrize(
    ("taken", "deactivated", "outcome"),
    [(2, False, "held"), (3, False, "rejected"), (0, True, "rejected")],
)
def test_the_decision_rests_on_what_is_there_after_the_wait(taken, deactivated, outcome):
    """The statement begins, waits for a row, and must judge it as the other left it (4 are asked of 6)."""
    first, cup = ProductFactory(stock=50), ProductFactory(stock=6)
    order_id = uuid7()
    buyer = threading.Thread(target=_in_thread, args=(lambda: reserve(order_id, (first.id, 1), (cup.id, 4)),))

    with transaction.atomic():
        Product.objects.filter(id=cup.id).update(reserved=taken, is_active=not deactivated)
        buyer.start()
        until_somebody_waits_for_a_lock()
    buyer.join()

    held = 4 if outcome == "held" else 0
    assert Reservation.objects.get(order_id=order_id).state == outcome
    assert Product.objects.get(id=cup.id).reserved == taken + held
    assert Product.objects.get(id=first.id).reserved == (1 if held else 0)


def test_a_sale_and_a_delivery_of_goods_at_once_both_count():
    cup = ProductFactory(stock=10)
    order_id = uuid7()
    reserve(order_id, (cup.id, 4))
    seller = threading.Thread(target=_in_thread, args=(lambda: services.stock_commit(order_id=order_id),))

    with transaction.atomic():
        services.stock_set(key=str(cup.id), delta=5)
        seller.start()
        until_somebody_waits_for_a_lock()
    seller.join()

    assert Product.objects.get(id=cup.id).on_hand == 11
    balance()


def test_staff_and_buyers_racing_never_leave_less_than_is_reserved():
    cup = ProductFactory(stock=20)

    def act(number):
        if number % 2:
            return reserve(uuid7(), (cup.id, 2))
        try:
            services.stock_set(key=str(cup.id), delta=-3)
        except services.StockBelowReserved:
            return None
        return None

    assert together(30, act) == [None] * 30

    found = Product.objects.get(id=cup.id)
    assert 0 <= found.on_hand - found.reserved < 3
    balance()


def _in_thread(act):
    try:
        act()
    finally:
        connections.close_all()


def _deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]
