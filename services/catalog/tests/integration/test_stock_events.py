"""What catalog answers to the events of an order, in any order and more than once."""

import logging
from decimal import Decimal
from uuid import uuid4

import pytest
from books import balance
from factories import ProductFactory

from catalog.models import Product, Reservation, ReservationLine, StockEntry
from shared.db.models import uuid7
from shared.events.contracts import (
    OrderCancelled,
    OrderCompleted,
    OrderLine,
    OrderPlaced,
    ReservedLine,
    Shortage,
    StockCommitted,
    StockRejected,
    StockReleased,
    StockReserved,
)
from shared.testing import events

pytestmark = pytest.mark.django_db(transaction=True)


def placed(order_id, *lines):
    ordered = tuple(OrderLine(product_id=product_id, quantity=quantity) for product_id, quantity in lines)
    return OrderPlaced(order_id=order_id, user_id=uuid4(), lines=ordered)


def completed(order_id):
    return OrderCompleted(order_id=order_id)


def cancelled(order_id):
    return OrderCancelled(order_id=order_id, user_id=uuid4(), reason="by_customer")


def answers(*deliveries):
    """Deliver each event and return what catalog said about all of them."""
    for event in deliveries:
        assert events.deliver(event) == "handled"
    said = events.said()
    events.clear_outbox()
    return said


def shelf(product):
    found = Product.objects.get(id=product.id)
    return found.on_hand, found.reserved


def test_an_order_holds_its_lines_and_says_names_and_prices():
    kettle = ProductFactory(sku="K-1", name="Kettle", price=Decimal("20.50"), stock=10)
    cup = ProductFactory(sku="C-1", name="Cup", price=Decimal("3.25"), stock=10)
    order_id = uuid7()

    said = answers(placed(order_id, (cup.id, 4), (kettle.id, 1)))

    assert said == [
        StockReserved(
            order_id=order_id,
            lines=(
                ReservedLine(product_id=kettle.id, sku="K-1", name="Kettle", quantity=1, unit_price=Decimal("20.50")),
                ReservedLine(product_id=cup.id, sku="C-1", name="Cup", quantity=4, unit_price=Decimal("3.25")),
            ),
            total=Decimal("33.50"),
        )
    ]
    assert shelf(kettle) == (10, 1)
    assert shelf(cup) == (10, 4)
    assert Reservation.objects.get(order_id=order_id).total == Decimal("33.50")
    balance()


def test_a_repeated_product_is_added_up():
    cup = ProductFactory(stock=5)
    order_id = uuid7()

    (said,) = answers(placed(order_id, (cup.id, 2), (cup.id, 3)))

    assert [line.quantity for line in said.lines] == [5]
    assert shelf(cup) == (5, 5)


def test_a_shortage_of_one_line_holds_nothing_of_the_others():
    plenty, little = ProductFactory(stock=10), ProductFactory(stock=2)
    order_id = uuid7()

    said = answers(placed(order_id, (plenty.id, 1), (little.id, 3)))

    assert said == [
        StockRejected(
            order_id=order_id,
            reason="insufficient_stock",
            shortages=(Shortage(product_id=little.id, requested=3, available=2),),
        )
    ]
    assert shelf(plenty) == (10, 0)
    assert shelf(little) == (2, 0)
    assert not ReservationLine.objects.exists()
    balance()


def test_an_unknown_or_inactive_product_weighs_more_than_a_shortage():
    little, gone = ProductFactory(stock=2), ProductFactory(stock=9, is_active=False)
    order_id, nothing = uuid7(), uuid7()

    (said,) = answers(placed(order_id, (little.id, 3), (gone.id, 1), (nothing, 1)))

    assert said.reason == "unknown_product"
    assert {each.product_id: each.available for each in said.shortages} == {
        little.id: 2,
        gone.id: None,
        nothing: None,
    }
    assert shelf(gone) == (9, 0)


def test_what_is_reserved_is_not_available_to_others():
    cup = ProductFactory(stock=5)

    answers(placed(uuid7(), (cup.id, 4)))
    (said,) = answers(placed(uuid7(), (cup.id, 2)))

    assert said.shortages == (Shortage(product_id=cup.id, requested=2, available=1),)
    assert shelf(cup) == (5, 4)


def test_an_order_placed_again_is_answered_the_same_and_held_once():
    cup = ProductFactory(stock=5)
    order_id = uuid7()
    event = placed(order_id, (cup.id, 2))

    first, second = answers(event, event)

    assert first == second
    assert shelf(cup) == (5, 2)


def test_a_price_changed_since_does_not_change_what_was_reserved():
    cup = ProductFactory(stock=5, price=Decimal("2.00"), name="Cup")
    event = placed(uuid7(), (cup.id, 2))
    answers(event)
    Product.objects.filter(id=cup.id).update(price=Decimal("5.00"), name="Mug")

    (again,) = answers(event)

    assert again.total == Decimal("4.00")
    assert again.lines[0].name == "Cup"


def test_one_event_delivered_twice_is_handled_once():
    cup = ProductFactory(stock=5)
    event, event_id = placed(uuid7(), (cup.id, 2)), uuid7()

    assert [events.deliver(event, event_id), events.deliver(event, event_id)] == ["handled", "duplicate"]

    assert len(events.said()) == 1
    assert shelf(cup) == (5, 2)


def test_a_completed_order_leaves_the_shelf_once():
    cup, kettle = ProductFactory(stock=5), ProductFactory(stock=3)
    order_id = uuid7()

    said = answers(placed(order_id, (cup.id, 2), (kettle.id, 3)), completed(order_id), completed(order_id))

    assert said[1:] == [StockCommitted(order_id=order_id)] * 2
    assert shelf(cup) == (3, 0)
    assert shelf(kettle) == (0, 0)
    sales = StockEntry.objects.filter(order_id=order_id, reason="commit").values_list("product_id", "delta")
    assert set(sales) == {(cup.id, -2), (kettle.id, -3)}
    balance()


def test_a_cancelled_order_gives_back_what_it_held():
    cup = ProductFactory(stock=5)
    order_id = uuid7()

    said = answers(placed(order_id, (cup.id, 2)), cancelled(order_id), cancelled(order_id))

    assert said[1:] == [StockReleased(order_id=order_id)] * 2
    assert shelf(cup) == (5, 0)
    assert not StockEntry.objects.filter(order_id=order_id).exists()
    balance()


def test_a_sale_cancelled_afterwards_is_restocked_once():
    cup = ProductFactory(stock=5)
    order_id = uuid7()

    said = answers(placed(order_id, (cup.id, 2)), completed(order_id), cancelled(order_id), cancelled(order_id))

    assert said[2:] == [StockReleased(order_id=order_id)] * 2
    assert shelf(cup) == (5, 0)
    entries = StockEntry.objects.filter(order_id=order_id).order_by("id").values_list("reason", "delta")
    assert list(entries) == [("commit", -2), ("restock", 2)]
    balance()


def test_a_cancellation_that_overtakes_the_order_leaves_a_tombstone():
    cup = ProductFactory(stock=5)
    order_id = uuid7()

    said = answers(cancelled(order_id), placed(order_id, (cup.id, 2)), completed(order_id))

    assert said == [StockReleased(order_id=order_id)] * 3
    assert shelf(cup) == (5, 0)
    assert not ReservationLine.objects.exists()
    balance()


def test_an_order_placed_again_after_its_sale_is_told_of_the_sale():
    cup = ProductFactory(stock=5)
    event = placed(uuid7(), (cup.id, 2))

    said = answers(event, completed(event.order_id), event)

    assert said[2] == StockCommitted(order_id=event.order_id)
    assert shelf(cup) == (3, 0)


def test_a_refused_order_stays_refused_whatever_comes():
    cup = ProductFactory(stock=1)
    event = placed(uuid7(), (cup.id, 2))
    (refused,) = answers(event)
    Product.objects.filter(id=cup.id).update(on_hand=100)
    StockEntry.objects.create(product=cup, delta=99, reason="set")

    said = answers(event, completed(event.order_id), cancelled(event.order_id))

    assert said == [refused] * 3
    assert shelf(cup) == (100, 0)
    balance()


def test_a_completed_order_without_reservation_changes_and_says_nothing(caplog):
    with caplog.at_level(logging.ERROR, "catalog.services.stock"):
        said = answers(completed(uuid7()))

    assert said == []
    assert not Reservation.objects.exists()
    assert "commit_without_reservation" in caplog.text
