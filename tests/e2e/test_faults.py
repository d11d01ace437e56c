"""What happens when parts die: nothing is lost, nothing is done twice, and web goes on answering."""

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest


def burst(customers, product_id, wait=0):
    with ThreadPoolExecutor(len(customers)) as pool:
        return list(pool.map(lambda customer: customer.order((product_id, 1), wait=wait), customers))


def books_balance(shop, customers, orders, product_id, *, price, money, stock):
    final = [customer.settled(order["id"]) for customer, order in zip(customers, orders, strict=True)]
    completed = [order for order in final if order["status"] == "completed"]
    spent = sum(Decimal(money) - Decimal(customer.balance()) for customer in customers)
    assert len(completed) == len(orders)
    assert spent == len(completed) * Decimal(price)
    assert shop.available(product_id) == stock - len(completed)


@pytest.mark.parametrize(
    "part",
    ["orders.worker", "catalog.worker", "users.worker", "orders.relay", "catalog.relay", "orders.web", "users.web"],
)
def test_a_killed_process_loses_nothing(system, shop, shopper, product, part):
    customers, cup = [shopper("10.00") for _ in range(6)], product("2.00", 50)

    orders = burst(customers, cup)
    system.kill(part)
    system.wait_ready(part)

    books_balance(shop, customers, orders, cup, price="2.00", money="10.00", stock=50)
    assert system.status(part)["restarts"] >= 1


def test_without_rabbitmq_web_answers_and_orders_wait(system, shop, shopper, product):
    customers, cup = [shopper("10.00") for _ in range(4)], product("2.00", 50)
    system.stop("rabbitmq")
    try:
        orders = burst(customers, cup)
        assert {order["status"] for order in orders} == {"pending"}
        time.sleep(5)
        assert customers[0].get(f"orders/{orders[0]['id']}/")["status"] == "pending"
    finally:
        system.start("rabbitmq")

    books_balance(shop, customers, orders, cup, price="2.00", money="10.00", stock=50)


def test_without_valkey_orders_settle(system, shop, shopper, product):
    customers, cup = [shopper("10.00") for _ in range(3)], product("2.00", 50)
    system.stop("valkey")
    try:
        orders = burst(customers, cup, wait=20)
        books_balance(shop, customers, orders, cup, price="2.00", money="10.00", stock=50)
    finally:
        system.start("valkey")


def test_a_restarted_database_kills_no_event(system, shop, shopper, product):
    customers, cup = [shopper("10.00") for _ in range(4)], product("2.00", 50)

    orders = burst(customers, cup)
    system.kill("postgres")
    system.wait_ready("postgres")

    books_balance(shop, customers, orders, cup, price="2.00", money="10.00", stock=50)
    for service in ("users", "catalog", "orders"):
        assert system.manage(service, "dead_letters", "list") == ""
