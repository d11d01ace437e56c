"""The laws of orders, and the gauges: whatever breaks a law is found, and nothing that real stories make."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import given
import pytest
from django.db import connection
from prometheus_client import REGISTRY

from orders.models import Order, OrderLine, TimelineEntry
from orders.selectors import invariants, measures
from shared.upkeep import audit

pytestmark = pytest.mark.django_db(transaction=True)

SPOILT = {
    "order_has_lines": "DELETE FROM order_lines WHERE order_id = %s",
    "order_total_is_lines": "UPDATE orders SET total = total + 0.01 WHERE id = %s",
    "order_placed_on_its_day": "UPDATE orders SET placed_on = placed_on - 1 WHERE id = %s",
    "order_status_is_its_last_transition": "DELETE FROM order_timeline WHERE order_id = %s AND from_status <> ''",
    "open_order_is_timed_out": "UPDATE orders SET deadline_at = now() - interval '6 minutes' WHERE id = %s",
    "unanswered_question_is_asked_again": "UPDATE orders SET next_ask_at = now() - interval '6 minutes' WHERE id = %s",
}


def violated() -> dict[str, list[Any]]:
    """Return the ids that break each law that is broken."""
    return {each.name: [next(iter(row.values())) for row in each.rows] for each in audit.run() if each.state != "ok"}


def spoil(order_id: UUID, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [order_id])


def test_real_stories_break_no_law() -> None:
    given.placed(), given.processing(), given.completed(), given.cancelled()
    given.tell(given.rejected(given.placed()))
    late = given.cancelled()
    given.tell(given.reserved(late))

    assert violated() == {}


def test_every_law_has_its_offender() -> None:
    assert set(SPOILT) == set(invariants.INVARIANTS)


@pytest.mark.parametrize("name", SPOILT)
def test_what_breaks_a_law_is_found(name: str) -> None:
    given.processing(), given.completed()
    order_id = given.processing()

    spoil(order_id, SPOILT[name])

    assert violated()[name] == [order_id]


def test_a_line_without_a_price_breaks_the_total() -> None:
    order_id = given.processing(quantities=(1, 1))
    OrderLine.objects.filter(order_id=order_id, sku="SKU-1").update(unit_price=None)
    Order.objects.filter(id=order_id).update(total=given.PRICE)

    assert violated() == {"order_total_is_lines": [order_id]}


def test_an_order_without_a_timeline_has_no_status_to_show() -> None:
    order_id = given.placed()
    TimelineEntry.objects.all().delete()

    assert violated() == {"order_status_is_its_last_transition": [order_id]}


def gauge(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_the_gauges_show_what_waits_and_what_is_stuck() -> None:
    given.placed(), given.completed()
    stuck, refunding = given.processing(), given.completed()
    Order.objects.filter(id=stuck).update(asks=3, updated_at=given.row(stuck).updated_at - timedelta(minutes=10))
    given.services.order_cancel(order_id=refunding, actor=given.row(refunding).user_id, is_staff=True)

    measures.measure()

    waiting = {status: gauge("plaza_orders_open", status=status) for status in ("pending", "processing", "completed")}
    assert waiting == {"pending": 1, "processing": 1, "completed": 0}
    assert gauge("plaza_orders_open", status="cancelled") == 1
    assert gauge("plaza_orders_stuck") == 1
    assert 600 <= (gauge("plaza_orders_oldest_unsettled_seconds") or 0) < 660


def test_the_gauges_return_to_zero() -> None:
    order_id = given.processing()
    measures.measure()

    given.tell(given.captured(order_id), given.contracts.StockCommitted(order_id=order_id))
    measures.measure()

    assert (gauge("plaza_orders_open", status="processing"), gauge("plaza_orders_stuck")) == (0, 0)
    assert gauge("plaza_orders_oldest_unsettled_seconds") == 0
