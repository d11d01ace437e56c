"""What orders add up to: counts, revenue by day, the best customers; and that parameters stay parameters."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import given
import pytest
from django.db import DataError, ProgrammingError, transaction
from django.utils import timezone

from orders.models import Order
from orders.selectors import statistics
from shared.db.models import uuid7

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
STATUSES = {"pending": 0, "processing": 0, "completed": 0, "cancelled": 0}
REASONS = dict.fromkeys(
    (
        "insufficient_stock", "unknown_product", "insufficient_funds", "user_inactive",
        "by_customer", "by_staff", "timeout", "refunded",
    ),
    0,
)  # fmt: skip
DAY = timedelta(days=1)


@pytest.fixture
def staff(api: Any) -> Any:
    return api(uuid7(), roles=("staff",))


def statistics_at(now: datetime = NOW, **params: str) -> dict[str, Any]:
    return statistics.orders_statistics(params=params, now=now)


def test_every_order_is_counted_by_status_and_reason() -> None:
    given.placed(), given.placed(), given.processing(), given.completed(), given.cancelled()
    given.tell(given.rejected(given.placed()))

    found = statistics_at()

    assert found["total"] == 6
    assert found["by_status"] == {"pending": 2, "processing": 1, "completed": 1, "cancelled": 2}
    assert found["by_reason"] == {**REASONS, "by_customer": 1, "insufficient_stock": 1}


def test_without_orders_everything_is_zero() -> None:
    found = statistics_at()

    assert (found["total"], found["by_status"], found["by_reason"]) == (0, STATUSES, REASONS)
    assert (found["best_customers"], found["customers_last_year"]) == ([], 0)
    assert (found["revenue"]["orders"], found["revenue"]["total"]) == (0, Decimal(0))
    assert len(found["revenue"]["days"]) == 30


def test_revenue_is_told_for_each_of_the_last_thirty_days() -> None:
    first = datetime(2026, 3, 2, tzinfo=UTC)
    given.sold(uuid7(), "1.00", first - timedelta(microseconds=1))
    given.sold(uuid7(), "2.00", first)
    given.sold(uuid7(), "4.50", NOW - timedelta(hours=2))
    given.sold(uuid7(), "8.25", NOW - timedelta(hours=1))
    given.sold(uuid7(), "16.00", NOW)
    given.processing(now=NOW - timedelta(hours=1))

    revenue = statistics_at()["revenue"]

    assert (revenue["created_after"], revenue["created_before"]) == (first, NOW)
    assert (revenue["orders"], revenue["total"]) == (3, Decimal("14.75"))
    days = {day["day"]: (day["orders"], day["revenue"]) for day in revenue["days"]}
    assert list(days) == [date(2026, 3, 2) + number * DAY for number in range(30)]
    assert {day: sums for day, sums in days.items() if sums[0]} == {
        date(2026, 3, 2): (1, Decimal("2.00")),
        date(2026, 3, 31): (2, Decimal("12.75")),
    }
    assert days[date(2026, 3, 3)] == (0, Decimal(0))


def test_a_refunded_order_is_no_revenue() -> None:
    order_id = given.completed(now=NOW - DAY)
    assert statistics_at()["revenue"]["total"] == Decimal("5.00")

    given.services.order_cancel(order_id=order_id, actor=uuid7(), is_staff=True)

    assert statistics_at()["revenue"]["total"] == Decimal(0)


def test_another_period_can_be_chosen() -> None:
    for number in range(4):
        given.sold(uuid7(), "1.00", NOW - number * DAY)

    revenue = statistics_at(created_after="2026-03-29T12:00:00Z", created_before="2026-03-31T14:00:00+02:00")["revenue"]

    assert [(day["day"].day, day["orders"]) for day in revenue["days"]] == [(29, 1), (30, 1), (31, 0)]


def test_a_period_that_ends_at_midnight_does_not_touch_the_next_day() -> None:
    revenue = statistics_at(created_after="2026-03-29T00:00:00Z", created_before="2026-03-30T00:00:00Z")["revenue"]

    assert [day["day"].day for day in revenue["days"]] == [29]


def test_only_an_end_means_the_thirty_days_before_it() -> None:
    revenue = statistics_at(created_before="2025-12-31T00:00:00Z")["revenue"]

    assert (revenue["days"][0]["day"], revenue["days"][-1]["day"]) == (date(2025, 12, 2), date(2025, 12, 30))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"created_after": "2026-01-02T00:00:00Z", "created_before": "2026-01-01T00:00:00Z"}, "before created_before"),
        ({"created_after": "9999-01-01T00:00:00Z"}, "in the future"),
        ({"created_after": "2020-01-01T00:00:00Z"}, "at most 366 days"),
        ({"created_after": "yesterday"}, "valid date/time"),
        ({"created_after": ""}, "must not be empty"),
        ({"created_after": "2026-01-01'; DROP TABLE orders; --"}, "valid date/time"),
        ({"status": "completed"}, "Unknown query parameter"),
    ],
)
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_period_that_is_none_is_refused_by_name(api: Any, version: str, query: dict[str, str], told: str) -> None:
    answer = api(uuid7(), roles=("staff",), version=version).get("orders/statistics/", query)

    fields = answer.json()["error"]["details"] if version == "v1" else answer.json()["errors"]
    assert answer.status_code == 400
    assert [(name, told in texts[0]) for name, texts in fields.items()] == [(next(iter(query)), True)]


@pytest.mark.parametrize("end", ["0001-01-01T00:00:00Z", "0001-01-02T00:00:00+14:00", "9999-12-31T23:59:59.999999Z"])
def test_the_ends_of_the_calendar_are_periods_too(staff: Any, end: str) -> None:
    answer = staff.get("orders/statistics/", {"created_before": end})

    assert answer.status_code in {200, 400}


@pytest.mark.parametrize("name", ["after", "before", "days"])
@pytest.mark.parametrize(
    "hostile", ["'; DELETE FROM orders; --", "1') OR ('1' = '1", "%(status)s", "\\'; SELECT 1; --"]
)
def test_what_gets_past_the_filter_is_still_a_parameter(name: str, hostile: str) -> None:
    given.sold(uuid7(), "1.00", NOW)

    moment = SimpleNamespace(date=lambda: hostile) if name == "after" else hostile
    period: Any = SimpleNamespace(**{"after": NOW - DAY, "before": NOW + DAY, "days": 3, name: moment})
    with pytest.raises((DataError, ProgrammingError)) as refused, transaction.atomic():
        statistics.revenue_by_day(period)

    assert "syntax error" not in str(refused.value)
    assert Order.objects.count() == 1


def test_the_best_customers_have_more_than_five_orders_and_spent_most() -> None:
    five, six, seven = uuid7(), uuid7(), uuid7()
    for user_id, count, total in ((five, 5, "900.00"), (six, 6, "10.00"), (seven, 7, "5.00")):
        for number in range(count):
            given.sold(user_id, total, NOW - number * DAY)
    given.cancelled(five, now=NOW)  # was never paid

    assert statistics.best_customers() == [
        {"user_id": six, "orders": 6, "spent": Decimal("60.00")},
        {"user_id": seven, "orders": 7, "spent": Decimal("35.00")},
    ]


def test_at_most_a_hundred_are_best() -> None:
    customers = [uuid7() for _ in range(101)]
    Order.objects.bulk_create(
        Order(
            user_id=user_id, status="completed", stock="committed", money="captured", currency="GBP", total=number + 1,
            placed_at=NOW, placed_on=NOW.date(), deadline_at=NOW, updated_at=NOW, settled_at=NOW,
        )
        for number, user_id in enumerate(customers)
        for _ in range(6)
    )  # fmt: skip

    assert [row["user_id"] for row in statistics.best_customers()] == customers[:0:-1]


def test_customers_of_the_last_year_are_counted_once() -> None:
    lately, once = uuid7(), uuid7()
    given.sold(lately, "1.00", NOW), given.sold(lately, "1.00", NOW - DAY)
    given.cancelled(once, now=NOW - 365 * DAY)
    given.sold(uuid7(), "1.00", NOW - 365 * DAY - timedelta(microseconds=1))

    assert statistics_at()["customers_last_year"] == 2


def test_staff_reads_them_with_four_queries_in_both_versions(api: Any) -> None:
    best = uuid7()
    for _ in range(6):
        given.sold(best, "2.50", timezone.now())
    new, old = (api(uuid7(), roles=("staff",), version=version) for version in ("v2", "v1"))

    assert given.statements(lambda: new.get("orders/statistics/")) == ["SELECT"] * 4
    body = new.get("orders/statistics/").json()
    assert body["best_customers"] == [{"user_id": str(best), "orders": 6, "spent": "15.00"}]
    assert body["revenue"]["days"][-1] == {"day": f"{timezone.now():%F}", "orders": 6, "revenue": "15.00"}
    assert old.get("orders/statistics/").json()["data"]["by_status"] == {**STATUSES, "completed": 6}


def test_nobody_else_reads_them(api: Any, staff: Any) -> None:
    assert api().get("orders/statistics/").status_code == 401
    assert api(uuid7()).get("orders/statistics/").status_code == 403
    assert staff.post("orders/statistics/").status_code == 405
