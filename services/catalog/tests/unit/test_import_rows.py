"""The rules of an import's header and rows."""

from decimal import Decimal

import pytest

from catalog.domain import import_rows
from catalog.domain.import_rows import Row, WrongRow

ALL = ["sku", "name", "price", "description", "category", "on_hand", "is_active"]


def read(**changes):
    values = {"sku": "A-1", "name": "Mug", "price": "2.50", **changes}
    return import_rows.read(list(values), list(values.values()), line=7)


def test_a_full_row_is_read_with_its_types():
    row = import_rows.read(ALL, [" A-1 ", "Mug", "2.5", "Nice\nmug", "Home Decor", "12", "No"], line=3)

    assert row == Row(
        line=3,
        sku="A-1",
        name="Mug",
        price=Decimal("2.5"),
        description="Nice\nmug",
        category="Home Decor",
        on_hand=12,
        is_active=False,
    )


def test_an_empty_optional_field_says_nothing():
    row = read(description="", category=" ", on_hand="", is_active="")

    assert (row.description, row.category, row.on_hand, row.is_active) == (None, None, None, None)


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("sku", " ", "sku: must not be empty."),
        ("sku", "x" * 65, "sku: has 65 characters; at most 64 are allowed."),
        ("name", "", "name: must not be empty."),
        ("name", "x" * 201, "name: has 201 characters; at most 200 are allowed."),
        ("name", "a\x00b", "name: must not contain a NUL character."),
        ("price", "", "price: '' is no amount above 0 with at most two decimals."),
        ("price", "0.00", "price: '0.00' is no amount above 0 with at most two decimals."),
        ("price", "-1", "price: '-1' is no amount above 0 with at most two decimals."),
        ("price", "1.005", "price: '1.005' is no amount above 0 with at most two decimals."),
        ("price", "1,50", "price: '1,50' is no amount above 0 with at most two decimals."),
        ("price", "1e3", "price: '1e3' is no amount above 0 with at most two decimals."),
        ("price", "NaN", "price: 'NaN' is no amount above 0 with at most two decimals."),
        ("price", "٣", "price: '٣' is no amount above 0 with at most two decimals."),
        ("price", "1" * 13, f"price: '{'1' * 13}' is no amount above 0 with at most two decimals."),
        ("description", "x" * 10_001, "description: has 10001 characters; at most 10000 are allowed."),
        ("category", "!!", "category: '!!' holds no letter or digit to make a slug of."),
        ("on_hand", "-1", "on_hand: '-1' is no whole number of units."),
        ("on_hand", "1.5", "on_hand: '1.5' is no whole number of units."),
        ("is_active", "maybe", "is_active: 'maybe' is neither true nor false."),
    ],
)
def test_a_wrong_field_is_named_with_the_reason(field, text, message):
    with pytest.raises(WrongRow) as caught:
        read(**{field: text})

    assert str(caught.value) == message


def test_every_wrong_field_of_a_row_is_named():
    with pytest.raises(WrongRow) as caught:
        read(sku="", price="free")

    assert str(caught.value) == "sku: must not be empty. price: 'free' is no amount above 0 with at most two decimals."


@pytest.mark.parametrize("count", [2, 4])
def test_a_row_with_another_number_of_fields_is_refused(count):
    with pytest.raises(WrongRow, match=f"There are {count} fields where the header has 3."):
        import_rows.read(["sku", "name", "price"], ["x"] * count, line=2)


@pytest.mark.parametrize(
    ("columns", "faults"),
    [
        (["sku", "name", "price"], []),
        (ALL[::-1], []),
        (["sku", "price"], ["The column 'name' is missing."]),
        (
            ["sku", "name", "price", "colour"],
            [
                (
                    "The column 'colour' is unknown;"
                    " sku, name, price, description, category, on_hand, is_active may be given."
                )
            ],
        ),
        (["sku", "name", "price", "sku"], ["The column 'sku' is given twice."]),
    ],
)
def test_a_wrong_header_is_named_by_its_columns(columns, faults):
    assert import_rows.header_faults(columns) == faults


def test_a_later_row_wins_but_keeps_what_only_the_earlier_said():
    earlier = read(description="Old", on_hand="5", is_active="true")
    later = read(name="Cup", price="3.00", description="New")

    assert later.over(earlier) == Row(
        line=7,
        sku="A-1",
        name="Cup",
        price=Decimal("3.00"),
        description="New",
        on_hand=5,
        is_active=True,
    )
