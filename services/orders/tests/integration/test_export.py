"""The export of orders: streamed from one snapshot, safe in a spreadsheet, for staff only."""

import resource
from datetime import timedelta
from typing import Any

import given
import pytest
from django.db import connection

from orders.models import OrderLine
from shared.db.models import uuid7
from shared.testing.exports import moment, table

pytestmark = pytest.mark.django_db(transaction=True)  # an export has a connection of its own

HEADINGS = [
    "id", "user_id", "status", "reason", "items", "total", "currency", "placed_at", "updated_at", "settled_at",
]  # fmt: skip


@pytest.fixture
def staff(api: Any) -> Any:
    return api(uuid7(), roles=("staff",))


def test_staff_takes_every_order_home_the_latest_first(staff: Any) -> None:
    done = given.completed(quantities=(2, 3), now=given.NOON)
    off = given.cancelled(now=given.NOON + timedelta(hours=1))
    order, product_id = given.row(done), OrderLine.objects.get(order_id=off).product_id

    response = staff.get("orders/export/", Accept="text/csv")
    rows = table(response)

    assert response.headers["Content-Type"] == "text/csv"
    assert response.headers["Content-Disposition"] == 'attachment; filename="orders.csv"'
    assert rows[0] == HEADINGS
    assert rows[1][:6] == [str(off), str(given.row(off).user_id), "cancelled", "by_customer", f"{product_id} x 2", ""]
    assert rows[1][9] == ""
    assert rows[2:] == [
        [
            str(done), str(order.user_id), "completed", "", "SKU-0 x 2; SKU-1 x 3", "12.50", "GBP",
            moment(given.NOON), moment(order.updated_at), moment(order.settled_at),
        ]
    ]  # fmt: skip


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(staff: Any, start: str) -> None:
    order_id = given.completed()
    OrderLine.objects.filter(order_id=order_id).update(sku=f"{start}cmd|' /C calc'!A0")

    (row,) = table(staff.get("orders/export/"))[1:]

    assert row[4] == f"'{start}cmd|' /C calc'!A0 x 2"


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_lists_filters_hold(api: Any, version: str) -> None:
    user_id = uuid7()
    given.cancelled(user_id, now=given.NOON), given.completed(now=given.NOON)
    latest = given.completed(user_id, now=given.NOON + timedelta(hours=1))
    given.completed(user_id, now=given.NOON + timedelta(hours=2))
    chosen = {
        "status": "completed",
        "user_id": str(user_id),
        "created_after": given.NOON.isoformat(),
        "created_before": (given.NOON + timedelta(hours=2)).isoformat(),
    }

    rows = table(api(uuid7(), roles=("staff",), version=version).get("orders/export/", chosen))

    assert [row[0] for row in rows[1:]] == [str(latest)]


@pytest.mark.parametrize("query", [{"status": "lost"}, {"colour": "red"}, {"limit": "3"}, {"created_after": "soon"}])
def test_a_wrong_parameter_is_refused_before_anything_is_sent(staff: Any, query: dict[str, str]) -> None:
    response = staff.get("orders/export/", query)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == list(query)


def test_customers_take_nothing_home(api: Any) -> None:
    assert api(uuid7()).get("orders/export/").status_code == 403
    assert api().get("orders/export/").status_code == 401


def test_memory_does_not_grow_with_the_number_of_orders(staff: Any) -> None:
    template = given.completed()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO orders (id, user_id, status, reason, stock, money, total, currency, placed_at, placed_on,
                                   deadline_at, asks, settled_at, updated_at)
               SELECT gen_random_uuid(), user_id, status, reason, stock, money, total, currency, placed_at, placed_on,
                      deadline_at, asks, settled_at, updated_at FROM orders, generate_series(1, 60000)"""
        )
        cursor.execute(
            """INSERT INTO order_lines (order_id, product_id, quantity, sku)
               SELECT id, gen_random_uuid(), 1, repeat('x', 100) FROM orders WHERE id <> %s""",
            [template],
        )
    for _ in staff.get("orders/export/", {"status": "pending"}).streaming_content:
        pass  # everything is loaded now
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    size = largest = 0
    for piece in staff.get("orders/export/").streaming_content:
        size, largest = size + len(piece), max(largest, len(piece))

    assert size > 15_000_000
    assert largest < 200_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4 * 1024  # KiB
