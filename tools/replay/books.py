"""The books: what must be equal when all orders have settled, and where it is not.

Pure: figures in, checks out. A check compares two sums and names the worst offenders one by one.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tools.replay import orders, plan

OFFENDERS_SHOWN = 10
_ZERO = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Offender:
    """One thing whose two figures differ."""

    name: str
    expected: Decimal
    actual: Decimal

    @property
    def difference(self) -> Decimal:
        """Return by how much the actual figure is larger."""
        return self.actual - self.expected


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the books."""

    name: str
    expected: Decimal
    actual: Decimal
    offenders: tuple[Offender, ...] = ()

    @property
    def balanced(self) -> bool:
        """Tell whether the sums agree and no single figure hides behind another."""
        return self.expected == self.actual and not self.offenders

    @property
    def difference(self) -> Decimal:
        """Return by how much the actual sum is larger."""
        return self.actual - self.expected


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the API said: orders, wallets, shelves."""

    placed: Sequence[orders.Placed]
    left_wallets: Mapping[str, Decimal]
    found: Mapping[str, int]
    now: Mapping[str, int]
    already_stocked: bool


def checks(*, wanted: plan.Plan, evidence: Evidence) -> list[Check]:
    """Return every line of the books.

    Args:
        wanted: the plan.
        evidence: what the API said.

    """
    completed = [each for each in evidence.placed if each.status == "completed"]
    return [
        _count(
            "valid invoices = orders placed",
            wanted.invoices,
            [each for each in evidence.placed if each.order_id],
        ),
        _count(
            "orders placed = completed + cancelled",
            [each for each in evidence.placed if each.order_id],
            [each for each in evidence.placed if each.order_id and each.status in orders.FINAL],
        ),
        _compare(
            "revenue by the file = order totals",
            expected={each.invoice.number: each.invoice.total for each in completed},
            actual={each.invoice.number: each.total for each in completed},
        ),
        _compare(
            "order totals = money that left the wallets",
            expected={each.order_id: each.total for each in evidence.placed if each.order_id},
            actual=evidence.left_wallets,
        ),
        _stock(wanted=wanted, evidence=evidence),
    ]


def sold(placed: Sequence[orders.Placed]) -> Counter[str]:
    """Return the units sold per product: those of completed orders."""
    units: Counter[str] = Counter()
    for each in placed:
        if each.status == "completed":
            units.update(each.invoice.lines)
    return units


def outcomes(placed: Sequence[orders.Placed]) -> Counter[tuple[str, str]]:
    """Return how many orders ended with which status and reason."""
    return Counter((each.status or "not placed", each.reason or each.refusal[:60]) for each in placed)


def percentile(seconds: Sequence[float], share: float) -> float | None:
    """Return the nearest-rank percentile: the smallest value that at least this share does not exceed.

    Args:
        seconds: the values, in any order; without one there is no percentile.
        share: between 0 and 1, 0 not included.

    """
    if not seconds:
        return None
    return sorted(seconds)[max(math.ceil(share * len(seconds)), 1) - 1]


def _stock(*, wanted: plan.Plan, evidence: Evidence) -> Check:
    start = {sku: product.stock for sku, product in wanted.products.items()}
    check = _shelves("stock at start - sold = stock now", start, evidence.placed, evidence.now)
    if check.balanced or not evidence.already_stocked:
        return check
    # This run had stocked the shelves some time ago, and another may have stocked them since:
    # then what was found at the beginning counts, and what was sold from it just now.
    fresh = [each for each in evidence.placed if not each.replayed]
    return _shelves("stock found - sold now = stock now", evidence.found, fresh, evidence.now)


def _shelves(name: str, start: Mapping[str, int], placed: Sequence[orders.Placed], now: Mapping[str, int]) -> Check:
    units = sold(placed)
    return _compare(
        name,
        expected={sku: Decimal(start[sku] - units[sku]) for sku in start},
        actual={sku: Decimal(now.get(sku, 0)) for sku in start},
    )


def _count(name: str, expected: Sequence[object], actual: Sequence[object]) -> Check:
    return Check(name=name, expected=Decimal(len(expected)), actual=Decimal(len(actual)))


def _compare(name: str, *, expected: Mapping[str, Decimal], actual: Mapping[str, Decimal]) -> Check:
    offenders = [
        Offender(name=key, expected=expected.get(key, _ZERO), actual=actual.get(key, _ZERO))
        for key in expected.keys() | actual.keys()
        if expected.get(key, _ZERO) != actual.get(key, _ZERO)
    ]
    offenders.sort(key=lambda each: (-abs(each.difference), each.name))
    return Check(
        name=name,
        expected=sum(expected.values(), _ZERO),
        actual=sum(actual.values(), _ZERO),
        offenders=tuple(offenders),
    )
