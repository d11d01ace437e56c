"""The books: balanced only when every single figure agrees."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.replay import books, orders, plan

ROWS = ("1,A,Apple,2,1.00,7,UK", "2,A,Apple,3,1.00,7,UK", "2,B,Bear,1,5.00,7,UK", "3,B,Bear,4,5.00,8,UK")


@pytest.fixture
def wanted(sheet):
    return plan.make(sheet=sheet(*ROWS), limit=None, stock=Decimal(1))


def placed(wanted: plan.Plan, **changes: Any) -> list[orders.Placed]:
    """Invoices 1 and 2 are completed, 3 is cancelled; `o2={"total": …}` changes one."""
    end = {"1": ("completed", ""), "2": ("completed", ""), "3": ("cancelled", "insufficient_stock")}
    results = []
    for invoice in wanted.invoices:
        status, reason = end[invoice.number]
        facts = {
            "order_id": f"o{invoice.number}",
            "status": status,
            "reason": reason,
            "total": invoice.total if status == "completed" else Decimal("0.00"),
        }
        results.append(orders.Placed(invoice=invoice, **(facts | changes.get(f"o{invoice.number}", {}))))
    return results


def evidence(wanted: plan.Plan, *, results: Any = None, **changes: Any) -> books.Evidence:
    facts: dict[str, Any] = {
        "placed": results or placed(wanted),
        "left_wallets": {"o1": Decimal("2.00"), "o2": Decimal("8.00"), "o3": Decimal("0.00")},
        "found": {"A": 5, "B": 5},
        "now": {"A": 0, "B": 4},
        "already_stocked": False,
    }
    return books.Evidence(**(facts | changes))


def lines(wanted: plan.Plan, **changes: Any) -> dict[str, books.Check]:
    return {line.name: line for line in books.checks(wanted=wanted, evidence=evidence(wanted, **changes))}


def wrong(wanted: plan.Plan, **changes: Any) -> list[str]:
    return [name for name, line in lines(wanted, **changes).items() if not line.balanced]


def test_books_that_balance_show_their_sums(wanted):
    shown = [(line.name, line.expected, line.actual, line.balanced) for line in lines(wanted).values()]

    assert shown == [
        ("valid invoices = orders placed", Decimal(3), Decimal(3), True),
        ("orders placed = completed + cancelled", Decimal(3), Decimal(3), True),
        ("revenue by the file = order totals", Decimal("10.00"), Decimal("10.00"), True),
        ("order totals = money that left the wallets", Decimal("10.00"), Decimal("10.00"), True),
        ("stock at start - sold = stock now", Decimal(4), Decimal(4), True),
    ]


def test_an_invoice_without_an_order_is_missed(wanted):
    results = placed(wanted, o3={"order_id": "", "status": "", "refusal": "400 x"})
    left = {"o1": Decimal("2.00"), "o2": Decimal("8.00")}

    assert wrong(wanted, results=results, left_wallets=left) == ["valid invoices = orders placed"]


def test_an_order_that_did_not_settle_is_missed(wanted):
    assert wrong(wanted, results=placed(wanted, o3={"status": "processing"})) == [
        "orders placed = completed + cancelled"
    ]


def test_a_total_that_is_not_the_files_is_found_by_its_invoice(wanted):
    results = placed(wanted, o2={"total": Decimal("8.01")})

    line = lines(wanted, results=results)["revenue by the file = order totals"]

    assert (line.balanced, line.difference) == (False, Decimal("0.01"))
    assert line.offenders == (books.Offender(name="2", expected=Decimal("8.00"), actual=Decimal("8.01")),)


@pytest.mark.parametrize(
    ("order", "amount"),
    [
        ("o1", "4.00"),  # charged twice
        ("o2", "0.00"),  # not charged
        ("o3", "20.00"),  # cancelled and not refunded
        ("o2", "8.01"),
    ],
)
def test_money_that_left_for_no_reason_is_found_by_its_order(wanted, order, amount):
    left = {**evidence(wanted).left_wallets, order: Decimal(amount)}

    line = lines(wanted, left_wallets=left)["order totals = money that left the wallets"]

    assert not line.balanced
    assert [offender.name for offender in line.offenders] == [order]


def test_two_errors_that_cancel_out_do_not_balance(wanted):
    left = {"o1": Decimal("3.00"), "o2": Decimal("7.00"), "o3": Decimal("0.00")}

    line = lines(wanted, left_wallets=left)["order totals = money that left the wallets"]

    assert (line.difference, line.balanced) == (Decimal("0.00"), False)


@pytest.mark.parametrize("now", [{"A": 1, "B": 4}, {"A": -1, "B": 4}, {"A": 1, "B": 3}, {"A": 0}])
def test_stock_that_is_off_by_one_is_found(wanted, now):
    assert wrong(wanted, now=now) == ["stock at start - sold = stock now"]


def test_the_worst_offender_comes_first(wanted):
    line = lines(wanted, now={"A": 2, "B": 14})["stock at start - sold = stock now"]

    assert [(each.name, each.difference) for each in line.offenders] == [
        ("B", Decimal(10)),
        ("A", Decimal(2)),
    ]


def test_a_repeated_run_balances_against_its_own_stock(wanted):
    results = placed(wanted, **{name: {"replayed": True} for name in ("o1", "o2", "o3")})

    shown = lines(wanted, results=results, found={"A": 0, "B": 4}, already_stocked=True)

    assert list(shown)[-1] == "stock at start - sold = stock now"
    assert all(line.balanced for line in shown.values())


def test_a_repeated_run_after_somebody_restocked_balances_against_what_it_found(wanted):
    results = placed(wanted, o1={"replayed": True}, o3={"replayed": True})  # order 2 is new: 3 A and 1 B

    shown = lines(wanted, results=results, found={"A": 100, "B": 50}, now={"A": 97, "B": 49}, already_stocked=True)

    assert list(shown)[-1] == "stock found - sold now = stock now"
    assert all(line.balanced for line in shown.values())


def test_what_was_found_does_not_excuse_the_run_that_stocked_the_shelves(wanted):
    results = placed(wanted, o1={"replayed": True}, o3={"replayed": True})

    assert wrong(wanted, results=results, found={"A": 100, "B": 50}, now={"A": 97, "B": 49}) == [
        "stock at start - sold = stock now"
    ]


def test_outcomes_are_counted_by_status_and_reason(wanted):
    results = placed(wanted, o1={"status": "", "refusal": "400 validation_error"})

    assert books.outcomes(results) == {
        ("not placed", "400 validation_error"): 1,
        ("completed", ""): 1,
        ("cancelled", "insufficient_stock"): 1,
    }


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([7], 0.5, 7),
        ([4, 1, 3, 2], 0.5, 2),
        ([4, 1, 3, 2], 0.99, 4),
        (list(range(1, 101)), 0.99, 99),
    ],
)
def test_percentiles_are_by_nearest_rank(values, share, expected):
    assert books.percentile(values, share) == expected


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0.01, 1))
def test_at_least_the_share_is_not_above_the_percentile(values, share):
    found = books.percentile(values, share)

    assert sum(value <= found for value in values) >= share * len(values)
    assert found in values
