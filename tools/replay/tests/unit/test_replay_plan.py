"""The plan: prices, stock, customers, invoices and keys, with exact figures."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.replay import parse, plan
from tools.replay.errors import ReplayError

ROWS = (
    "1,A,Apple,2,1.00,17850.0,UK",
    "1,B,Bear,1,5.00,17850.0,UK",
    "1,A,Apple,3,1.10,17850.0,UK",  # the same product again
    "2,A,Apple pie,10,1.10,,France",  # nobody's invoice
    "C3,A,Apple,-1,1.00,17850.0,UK",
    "4,B,Bear,4,6.00,12,UK",
    "5,C,Cat,1,0.99,,France",
    "6,a,apple,7,2.00,,Eire",  # another product: case counts
)


def made(sheet: Any, *rows: str, limit: int | None = None, stock: str = "1") -> plan.Plan:
    return plan.make(sheet=sheet(*rows), limit=limit, stock=Decimal(stock))


def test_the_sums_of_a_small_file(sheet):
    wanted = made(sheet, *ROWS)

    assert (len(wanted.invoices), wanted.lines, len(wanted.products), len(wanted.customers)) == (5, 6, 4, 4)
    assert (wanted.units, wanted.value) == (28, Decimal("56.49"))


def test_lines_are_merged_per_product_and_priced_by_the_most_frequent_price(sheet):
    first = made(sheet, *ROWS).invoices[0]

    assert first == plan.Invoice(number="1", customer="17850", lines={"A": 5, "B": 1}, total=Decimal("10.50"))


def test_on_a_tie_the_price_seen_first_counts(sheet):
    products = made(sheet, *ROWS).products

    assert {sku: product.price for sku, product in products.items()} == {
        "A": Decimal("1.10"),  # twice, though 1.00 came first
        "B": Decimal("5.00"),  # once each, and first
        "C": Decimal("0.99"),
        "a": Decimal("2.00"),
    }


def test_a_products_name_is_the_first_one_seen(sheet):
    assert made(sheet, *ROWS).products["A"].name == "Apple"


def test_rows_without_a_customer_belong_to_one_walk_in_customer_per_country(sheet):
    customers = [invoice.customer for invoice in made(sheet, *ROWS).invoices]

    assert customers == ["17850", "walk-in France", "12", "walk-in France", "walk-in Eire"]


@pytest.mark.parametrize(
    ("share", "stock"),
    [
        ("1", {"A": 15, "B": 5, "C": 1, "a": 7}),
        ("0.95", {"A": 14, "B": 4, "C": 0, "a": 6}),
        ("0", {"A": 0, "B": 0, "C": 0, "a": 0}),
        ("2.5", {"A": 37, "B": 12, "C": 2, "a": 17}),
    ],
)
def test_the_stock_is_a_share_of_the_demand_rounded_down(sheet, share, stock):
    products = made(sheet, *ROWS, stock=share).products

    assert {sku: product.stock for sku, product in products.items()} == stock


def test_a_limit_takes_the_first_valid_invoices_and_stocks_only_what_they_ask_for(sheet):
    wanted = made(sheet, *ROWS, limit=2)

    assert [invoice.number for invoice in wanted.invoices] == ["1", "2"]
    assert {sku: product.stock for sku, product in wanted.products.items()} == {"A": 15, "B": 1}
    assert set(wanted.customers) == {"17850", "walk-in France"}
    assert wanted.products["A"].price == Decimal("1.10")  # of the whole file, so that every limit agrees


def test_the_busiest_customers_come_first_with_their_invoices_in_order(sheet):
    groups = [(customer.name, [each.number for each in mine]) for customer, mine in made(sheet, *ROWS).by_customer()]

    assert groups == [
        ("walk-in France", ["2", "5"]),
        ("17850", ["1"]),
        ("12", ["4"]),
        ("walk-in Eire", ["6"]),
    ]


def test_the_same_run_has_the_same_keys_and_another_run_has_others(sheet):
    first, again, less, scarce = (
        made(sheet, *ROWS),
        made(sheet, *ROWS, stock="1.0"),
        made(sheet, *ROWS, limit=2),
        made(sheet, *ROWS, stock="0.95"),
    )

    assert first.key("order", "1") == again.key("order", "1")
    assert len({each.key("order", "1") for each in (first, less, scarce)}) == 3
    assert len({first.key(kind, name) for kind in ("order", "deposit") for name in ("1", "2")}) == 4


def test_a_limit_beyond_the_file_is_a_run_of_its_own_but_the_customers_stay(sheet):
    assert made(sheet, *ROWS).customers == made(sheet, *ROWS, limit=99).customers


def test_a_customer_has_an_account_that_every_run_of_the_file_shares(sheet):
    customer = made(sheet, *ROWS).customers["walk-in France"]

    assert customer.email == f"{customer.username}@replay.example.com"
    assert customer.username.startswith("walk-in-france.")
    assert any(letter.islower() for letter in customer.password)
    assert customer == made(sheet, *ROWS, limit=2).customers["walk-in France"]


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_customers_never_share_an_address_and_it_is_plain_ascii(one, other):
    rows = [
        parse.Row(invoice=name, sku="A", description="x", quantity=1, price=Decimal(1), customer=name, country="UK")
        for name in (one, other)
    ]

    wanted = plan.make(sheet=parse.Sheet(digest="d", total=2, rows=rows), limit=None, stock=Decimal(1))

    emails = {customer.email for customer in wanted.customers.values()}
    assert len(emails) == len({one, other})
    assert all(email.isascii() and len(email) < 100 and not email.startswith("-") for email in emails)


@given(st.lists(st.tuples(st.sampled_from("123"), st.sampled_from("AB"), st.integers(1, 9), st.integers(1, 500))))
def test_units_and_value_do_not_depend_on_how_lines_are_split(lines):
    rows = [
        parse.Row(
            invoice=number,
            sku=sku,
            description="x",
            quantity=units,
            price=Decimal(cents) / 100,
            customer="c",
            country="",
        )
        for number, sku, units, cents in lines
    ]
    if not rows:
        return

    wanted = plan.make(sheet=parse.Sheet(digest="d", total=len(rows), rows=rows), limit=None, stock=Decimal(1))

    assert wanted.units == sum(row.quantity for row in rows) == sum(each.stock for each in wanted.products.values())
    assert wanted.value == sum(wanted.products[row.sku].price * row.quantity for row in rows)


def test_a_file_without_a_valid_row_is_refused(sheet):
    with pytest.raises(ReplayError, match=r"^There is nothing to replay: all 1 rows are bad$"):
        made(sheet, "C1,A,Apple,-1,1.00,1,UK")
