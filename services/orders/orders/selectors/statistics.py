"""What orders add up to: by status and reason, revenue by day, the best customers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from orders import domain
from orders.filters import PeriodFilter
from orders.models import Order
from orders.selectors.reading import Row
from shared.db.rows import fetched
from shared.errors import InvalidInput

PERIOD_PARAMETERS = PeriodFilter.schemas()

_DAY = timedelta(days=1)
_USUAL_DAYS, _LONGEST_DAYS = 30, 366
_YEAR = timedelta(days=365)
_MORE_THAN, _BEST = 5, 100
_COMPLETED = domain.Status.COMPLETED.value


@dataclass(frozen=True, kw_only=True)
class Period:
    """A time from `after` on, before `before`."""

    after: datetime
    before: datetime

    @property
    def days(self) -> int:
        """Return how many UTC days it touches."""
        return (self._last - self._first).days + 1

    @property
    def _first(self) -> datetime:
        return self.after.replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def _last(self) -> datetime:
        return self.before - timedelta(microseconds=1)


def orders_statistics(*, params: Mapping[str, Any], now: datetime) -> Row:
    """Return what all orders add up to, with four queries.

    Args:
        params: `created_after` and `created_before` choose the period of the revenue; by default the last 30 days.
        now: the time of asking.

    Returns:
        `total`, `by_status` and `by_reason` count all orders; `revenue` is that of the period; `best_customers` are
        those with more than five completed orders, at most 100, who spent most first; `customers_last_year` counts
        who placed an order within 365 days.

    Raises:
        InvalidInput: the period does not parse, ends before it begins, or is longer than 366 days.
    """
    chosen = _period(PeriodFilter.values_of(params), now)
    by_status, by_reason = _counts()
    return {
        "total": sum(by_status.values()),
        "by_status": by_status,
        "by_reason": by_reason,
        "revenue": _revenue(chosen),
        "best_customers": best_customers(),
        "customers_last_year": _customers_since(now - _YEAR),
    }


def _period(given: Mapping[str, datetime | None], now: datetime) -> Period:
    """Return the chosen period; raises InvalidInput."""
    before = given["created_before"] or now
    after = given["created_after"] or _month_before(before)
    if after >= before:
        raise InvalidInput.of({"created_after": ["This must not be in the future."]})
    chosen = Period(after=after, before=before)
    if chosen.days > _LONGEST_DAYS:
        raise InvalidInput.of({"created_after": [f"A period of at most {_LONGEST_DAYS} days is required."]})
    return chosen


def _month_before(before: datetime) -> datetime:
    """Return where a period of 30 whole days ends that ends at a time; as far as the calendar goes back."""
    first = datetime.min.replace(tzinfo=UTC) + _USUAL_DAYS * _DAY
    begun = max(before, first) - (_USUAL_DAYS - 1) * _DAY
    return begun.replace(hour=0, minute=0, second=0, microsecond=0)


def _counts() -> tuple[dict[str, int], dict[str, int]]:
    """Return how many orders there are of each status, and of each reason."""
    by_status = {each.value: 0 for each in domain.Status}
    by_reason = {each.value: 0 for each in domain.Reason if each}
    for status, reason, count in Order.objects.values_list("status", "reason").annotate(count=Count("*")):
        by_status[status] += count
        if reason:
            by_reason[reason] += count
    return by_status, by_reason


# Days without an order are there too. A day is that of placing, in UTC.
_BY_DAY = """
SELECT %(first)s::date + number AS day, coalesce(sold.orders, 0) AS orders, coalesce(sold.revenue, 0) AS revenue
  FROM generate_series(0, %(days)s - 1) AS number
  LEFT JOIN (SELECT placed_on, count(*) AS orders, sum(total) AS revenue
               FROM orders
              WHERE status = %(status)s AND placed_at >= %(after)s AND placed_at < %(before)s
              GROUP BY placed_on) AS sold ON sold.placed_on = %(first)s::date + number
 ORDER BY day
"""


def revenue_by_day(period: Period) -> list[Row]:
    """Return what the completed orders of each day of a period came to.

    Args:
        period: whole or not, its first and last day are there.

    Returns:
        `day`, `orders` and `revenue` of each UTC day, days without an order included.
    """
    values: dict[str, Any] = {
        "first": period.after.date(),
        "days": period.days,
        "status": _COMPLETED,
        "after": period.after,
        "before": period.before,
    }
    return fetched(_BY_DAY, values)


def _revenue(period: Period) -> Row:
    """Return the revenue of a period, day by day and in all."""
    days = revenue_by_day(period)
    return {
        "created_after": period.after,
        "created_before": period.before,
        "orders": sum(day["orders"] for day in days),
        "total": sum((day["revenue"] for day in days), Decimal(0)),
        "days": days,
    }


def best_customers() -> list[Row]:
    """Return the customers with more than five completed orders, at most 100, who spent most first."""
    sums = Order.objects.filter(status=_COMPLETED).values("user_id").annotate(orders=Count("*"), spent=Sum("total"))
    return [dict(each) for each in sums.filter(orders__gt=_MORE_THAN).order_by("-spent", "user_id")[:_BEST]]


def _customers_since(moment: datetime) -> int:
    """Return how many customers have placed an order since then."""
    return int(Order.objects.filter(placed_at__gte=moment).aggregate(count=Count("user_id", distinct=True))["count"])
