"""What the database itself refuses, whatever the code does."""

from typing import Any

import given
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from orders.models import Order, OrderLine, TimelineEntry
from shared.db.models import uuid7

pytestmark = pytest.mark.django_db


def refuse(name: str, rows: Any, **values: Any) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        rows.update(**values)
    assert caught.value.__cause__.diag.constraint_name == name  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("orders_stock_known", {"stock": "lost"}),
        ("orders_money_known", {"money": "lost"}),
        ("orders_reason_fits_status", {"reason": "timeout"}),
        ("orders_reason_fits_status", {"status": "cancelled"}),
        ("orders_reason_fits_status", {"status": "cancelled", "reason": "mood"}),
        ("orders_total_known_once_held", {"status": "processing"}),
        ("orders_asks_until_settled", {"next_ask_at": None}),
        ("orders_asks_until_settled", {"settled_at": Now(), "next_ask_at": None}),
        (
            "orders_asks_until_settled",
            {"status": "cancelled", "reason": "timeout", "settled_at": Now(), "next_ask_at": None},
        ),
        ("orders_transition_known", {"status": "lost"}),
        ("orders_transition_known", {"status": "completed", "total": 1}),
    ],
)
def test_a_pending_order_cannot_be(constraint: str, values: dict[str, Any]) -> None:
    order_id = given.placed()

    refuse(constraint, Order.objects.filter(id=order_id), **values)


@pytest.mark.parametrize(
    ("make", "values"),
    [
        (given.processing, {"status": "pending"}),
        (given.completed, {"status": "pending"}),
        (given.completed, {"status": "processing"}),
        (
            given.completed,
            {"status": "cancelled", "reason": "timeout", "settled_at": None, "next_ask_at": Now()},
        ),
        (given.cancelled, {"status": "pending", "reason": ""}),
        (given.cancelled, {"status": "processing", "reason": "", "total": 1}),
        (given.cancelled, {"status": "completed", "reason": "", "total": 1}),
    ],
)
def test_no_statement_goes_back(make: Any, values: dict[str, Any]) -> None:
    order_id = make()

    refuse("orders_transition_known", Order.objects.filter(id=order_id), **values)


def test_a_new_order_has_a_known_status() -> None:
    with pytest.raises(IntegrityError) as caught, connection.cursor() as cursor, transaction.atomic():
        cursor.execute(
            "INSERT INTO orders (id, user_id, status, reason, stock, money, currency, placed_at, placed_on,"
            " deadline_at, next_ask_at, asks, updated_at) VALUES (%s, %s, 'lost', '', 'none', 'none', 'GBP',"
            " now(), now(), now(), now(), 0, now())",
            [uuid7(), uuid7()],
        )
    assert caught.value.__cause__.diag.constraint_name == "orders_status_known"  # type: ignore[union-attr]


@pytest.mark.parametrize("quantity", [0, 1_000_001])
def test_a_line_has_a_sane_quantity(quantity: int) -> None:
    order_id = given.placed()

    refuse("order_lines_quantity", OrderLine.objects.filter(order_id=order_id), quantity=quantity)


def test_a_timeline_entry_has_a_known_kind() -> None:
    order_id = given.placed()

    refuse("order_timeline_kind_known", TimelineEntry.objects.filter(order_id=order_id), kind="rumour")
