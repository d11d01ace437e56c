"""The invariants of the stock: each finds exactly the row that breaks it, and nothing where all is well."""

from decimal import Decimal
from uuid import uuid4

import pytest
from books import balance, violations
from django.conf import settings as django_settings
from django.db import connection
from django.utils.module_loading import import_string
from factories import ProductFactory
from importing import run, start

from catalog import services
from catalog.models import Product, ReservationLine, StockEntry
from catalog.selectors.invariants import INVARIANTS
from shared.db.models import uuid7

pytestmark = pytest.mark.django_db


def execute(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def unguarded(change):
    """Take away what would refuse or mend the damage."""
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
    execute(f"ALTER TABLE product {change}")


@pytest.fixture
def cup():
    return ProductFactory(sku="CUP", stock=10, price=Decimal("2.00"))


@pytest.fixture
def order(cup):
    """An order that holds four cups."""
    order_id = uuid7()
    services.stock_reserve(order_id=order_id, user_id=uuid4(), lines=[(cup.id, 4)])
    ProductFactory(sku="OTHER", stock=3)
    balance()
    return order_id


def sold(order):
    services.stock_commit(order_id=order)
    balance()


def test_the_settings_name_them():
    assert import_string(django_settings.SERVICE_INVARIANTS) is INVARIANTS


def test_reserved_without_a_held_line_is_found(cup, order):
    execute("UPDATE product SET reserved = 5 WHERE id = %s", cup.id)

    assert violations() == {"stock_reserved_is_held": [{"id": cup.id, "sku": "CUP", "reserved": 5, "held": 4}]}


def test_a_held_line_that_is_not_reserved_is_found(cup, order):
    execute("UPDATE product SET reserved = 0 WHERE id = %s", cup.id)

    assert violations() == {"stock_reserved_is_held": [{"id": cup.id, "sku": "CUP", "reserved": 0, "held": 4}]}


def test_stock_without_its_entry_is_found(cup, order):
    execute("UPDATE product SET on_hand = 11 WHERE id = %s", cup.id)

    assert violations() == {"stock_on_hand_is_ledger": [{"id": cup.id, "sku": "CUP", "on_hand": 11, "ledger": 10}]}


def test_stock_that_was_there_before_any_entry_is_found(cup):
    Product.objects.create(sku="NEW", name="New", slug="new", price=1, on_hand=2)

    assert [row["sku"] for row in violations()["stock_on_hand_is_ledger"]] == ["NEW"]


def test_a_sale_noted_twice_is_found(cup, order):
    sold(order)
    execute("DROP INDEX stock_entry_once")

    StockEntry.objects.create(product=cup, delta=-4, reason="commit", order_id=order)
    execute("UPDATE product SET on_hand = 2 WHERE id = %s", cup.id)

    assert violations() == {
        "stock_moved_once": [{"product_id": cup.id, "order_id": order, "reason": "commit", "times": 2}],
        "stock_sold_is_committed": [{"order_id": order, "product_id": cup.id, "moved": -8, "committed": 4}],
    }


def test_stock_below_nothing_is_found(cup):
    unguarded("DROP CONSTRAINT product_never_oversold")

    execute("UPDATE product SET on_hand = -1 WHERE id = %s", cup.id)
    StockEntry.objects.create(product=cup, delta=-11, reason="adjust")

    assert violations() == {"stock_never_negative": [{"id": cup.id, "sku": "CUP", "on_hand": -1, "reserved": 0}]}


def test_a_sale_of_which_nothing_left_the_shelf_is_found(cup, order):
    sold(order)
    execute("DELETE FROM stock_entry WHERE order_id = %s", order)
    execute("UPDATE product SET on_hand = 10 WHERE id = %s", cup.id)

    assert violations() == {
        "stock_sold_is_committed": [{"order_id": order, "product_id": cup.id, "moved": 0, "committed": 4}]
    }


def test_goods_that_came_back_without_having_left_are_found(cup, order):
    services.stock_release(order_id=order, user_id=uuid4())
    StockEntry.objects.create(product=cup, delta=4, reason="restock", order_id=order)
    execute("UPDATE product SET on_hand = 14 WHERE id = %s", cup.id)

    assert violations() == {
        "stock_sold_is_committed": [{"order_id": order, "product_id": cup.id, "moved": 4, "committed": 0}],
        "stock_restocked_after_sale": [{"order_id": order, "product_id": cup.id}],
    }


def test_a_total_that_is_not_the_sum_is_found(order):
    execute("UPDATE reservation SET total = 7.99 WHERE order_id = %s", order)

    assert violations() == {
        "reservation_total_is_lines": [{"order_id": order, "total": Decimal("7.99"), "lines": Decimal("8.00")}]
    }


def test_a_refused_order_with_a_line_is_found(cup):
    order = uuid7()
    services.stock_reserve(order_id=order, user_id=uuid4(), lines=[(cup.id, 11)])
    balance()

    ReservationLine.objects.create(
        reservation_id=order, product=cup, quantity=1, unit_price=Decimal(0), sku="CUP", name="Cup"
    )

    assert violations() == {"reservation_rejected_holds_nothing": [{"order_id": order, "lines": 1}]}


def test_a_hold_of_nothing_is_found(cup, order):
    execute("DELETE FROM reservation_line WHERE reservation_id = %s", order)
    execute("UPDATE reservation SET total = 0 WHERE order_id = %s", order)
    execute("UPDATE product SET reserved = 0 WHERE id = %s", cup.id)

    assert violations() == {"reservation_held_has_lines": [{"order_id": order, "state": "held"}]}


def test_a_product_wrongly_called_sold_out_is_found(cup):
    unguarded("DISABLE TRIGGER product_sold_out")

    execute("UPDATE product SET sold_out = true WHERE id = %s", cup.id)

    assert violations() == {
        "product_sold_out_is_so": [{"id": cup.id, "sku": "CUP", "sold_out": True, "on_hand": 10, "reserved": 0}]
    }


def test_stock_has_its_entries_from_the_first_day_on_however_it_comes(staff, one):
    created = one(staff.post("products/", {"sku": "A", "name": "A", "price": "1.00"}))
    assert staff.patch(f"products/{created['id']}/stock/", {"on_hand": 7}).status_code == 200
    services.demo_seed()
    run(start("B,B,1.00,,,5,\nC,C,1.00,,,0,\n"))
    run(start("B,B,1.00,,,2,\n"))

    balance()
    assert list(StockEntry.objects.filter(product__sku="B").order_by("id").values_list("delta", "reason")) == [
        (5, "import"),
        (-3, "import"),
    ]
    assert StockEntry.objects.filter(product__sku="DEMO-001").values_list("delta", flat=True).get() == 1000
