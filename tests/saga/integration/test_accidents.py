"""Whenever a process dies or loses its database: what it was doing is done once, or not at all and then again."""

from decimal import Decimal

import pytest
from machine import POINTS
from shop import Shop
from telling import SHELVES, tell

pytestmark = pytest.mark.timeout(300)  # the first one waits until three services have started, some start again

PAYING = ("ann orders 2", "catalog hears order_placed", "orders hears stock_reserved")


def wallets(plaza):
    return [balance for (balance,) in plaza.databases["users"].rows("SELECT balance FROM wallets ORDER BY balance")]


def shelf(plaza):
    return plaza.databases["catalog"].rows("SELECT on_hand, reserved FROM product")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("accident", ["is killed", "disconnects"])
def test_money_is_taken_once(plaza, accident, point):
    shop = Shop(plaza)

    tell(shop, [*PAYING, f"users hears payment_requested and {accident} {point}"])

    assert [story.status for story in shop.orders()] == ["completed"]
    assert wallets(plaza) == [Decimal("0.00"), Decimal("16.00")]
    assert shelf(plaza) == [(SHELVES[0][0] - 2, 0)]
    assert shop.seen[f"{accident.removeprefix('is ')} {point}"] == 1


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(["ann orders 2", "catalog hears order_placed and is killed before_commit"], id="catalog"),
        pytest.param(
            [*PAYING, "users hears payment_requested", "orders hears payment_captured and is killed before_commit"],
            id="orders",
        ),
    ],
)
def test_a_killed_service_loses_no_order(plaza, history):
    shop = Shop(plaza)

    tell(shop, history)

    assert [story.status for story in shop.orders()] == ["completed"]
    assert wallets(plaza) == [Decimal("0.00"), Decimal("16.00")]


@pytest.mark.parametrize("point", POINTS)
def test_a_refund_is_given_once(plaza, point):
    shop = Shop(plaza)

    tell(shop, [*PAYING, "everything arrives", "staff cancels", f"users hears order_cancelled and dies {point}"])

    assert [(story.status, story.reason) for story in shop.orders()] == [("cancelled", "refunded")]
    assert wallets(plaza) == [Decimal("0.00"), Decimal("20.00")]
    assert shelf(plaza) == [(SHELVES[0][0], 0)]


@pytest.mark.parametrize(
    ("confirm", "outcome", "ends"),
    [
        pytest.param(None, "retried", ("pending", None), id="as it is"),
        pytest.param("price_not_checked", "handled", ("processing", Decimal("0.01")), id="mutant: price_not_checked"),
    ],
)
def test_orders_takes_no_reservation_at_another_price(plaza, broken, confirm, outcome, ends):
    shop = Shop(plaza)
    shop.open(moneys=["20.00"], shelves=SHELVES)
    shop.place(0, [(0, 1)])
    shop.deliver(shop.network.find("order_placed"))
    forged = shop.network.take(shop.network.find("stock_reserved"))
    forged.envelope["data"]["total"] = "0.01"
    if confirm:
        broken("orders", confirm)

    answer = plaza.processes["orders"].ask("deliver", message=forged.body)

    assert answer.result["outcome"] == outcome
    assert plaza.databases["orders"].rows("SELECT status, total FROM orders") == [ends]
