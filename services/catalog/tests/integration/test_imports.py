"""What becomes of a file and its rows: taken, reported or refused."""

import io
from decimal import Decimal
from uuid import uuid4

import pytest
from books import balance
from django.db import connection
from factories import CategoryFactory, ProductFactory
from importing import HEADER, counts, run, start

from catalog import services
from catalog.models import Import, ImportChunk, Product, StockEntry
from shared.db.models import uuid7
from shared.errors import InvalidInput
from shared.testing import events

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_good_file_becomes_products_with_categories_and_stock():
    CategoryFactory(slug="home-decor", name="Home & Decor")

    job = run(
        start('M-1,Red Mug,2.50,Holds tea,Home Decor,12,\nL-1,"Lamp, small",19.99,"Two\nlines",Lighting,,false\n')
    )

    assert counts(job) == ("completed", 2, 2, 0, 0)
    assert job["offset"] == job["total_bytes"]
    assert job["finished_at"] is not None
    mug, lamp = Product.objects.get(sku="M-1"), Product.objects.get(sku="L-1")
    assert (mug.name, mug.slug, mug.price, mug.description) == (
        "Red Mug",
        "red-mug",
        Decimal("2.50"),
        "Holds tea",
    )
    assert (mug.category.name, mug.on_hand, mug.is_active) == ("Home & Decor", 12, True)
    assert (lamp.slug, lamp.description, lamp.on_hand, lamp.is_active) == ("lamp-small", "Two\nlines", 0, False)
    assert lamp.category.name == "Lighting"
    assert list(StockEntry.objects.values_list("product__sku", "delta", "reason")) == [("M-1", 12, "import")]
    assert not ImportChunk.objects.exists()
    balance()


def test_only_the_required_columns_are_required():
    job = run(start("A,Mug,1.00\n", header="sku,name,price\n"))

    assert counts(job) == ("completed", 1, 1, 0, 0)
    product = Product.objects.get()
    assert (product.description, product.category, product.on_hand, product.is_active) == ("", None, 0, True)


def test_a_known_sku_is_updated_and_what_the_file_does_not_say_stays():
    category = CategoryFactory()
    before = ProductFactory(sku="M-1", slug="old-mug", description="Old", category=category, stock=7)

    job = run(start("M-1,New Mug,3.00,,,,\n"))

    assert counts(job) == ("completed", 1, 0, 1, 0)
    after = Product.objects.get(id=before.id)
    assert (after.name, after.price, after.slug) == ("New Mug", Decimal("3.00"), "old-mug")
    assert (after.description, after.category, after.on_hand) == ("Old", category, 7)
    balance()


def test_stock_is_set_with_the_difference_in_the_ledger():
    more, less = ProductFactory(sku="A", stock=5), ProductFactory(sku="B", stock=5)
    same = ProductFactory(sku="C", stock=5)

    run(start("A,A,1.00,,,8,\nB,B,1.00,,,2,\nC,C,1.00,,,5,\n"))

    deltas = StockEntry.objects.filter(reason="import").values_list("product_id", "delta")
    assert set(deltas) == {(more.id, 3), (less.id, -3)}
    assert set(Product.objects.values_list("sku", "on_hand")) == {("A", 8), ("B", 2), ("C", 5)}
    assert same.entries.count() == 1
    balance()


def test_stock_below_what_is_reserved_makes_the_row_an_error():
    cup = ProductFactory(sku="C-1", name="Cup", stock=5)
    services.stock_reserve(order_id=uuid7(), user_id=uuid4(), lines=[(cup.id, 4)])
    events.clear_outbox()

    job = run(start("C-1,Renamed,1.00,,,3,\nD-1,Dish,1.00,,,0,\n"))

    assert counts(job) == ("completed", 2, 1, 0, 1)
    assert job["errors"] == [
        {
            "line": 2,
            "sku": "C-1",
            "field": "on_hand",
            "message": "4 are reserved for orders, so the stock cannot become 3.",
        }
    ]
    assert Product.objects.get(id=cup.id).name == "Cup"
    balance()


def test_bad_rows_are_reported_by_line_and_good_ones_taken():
    job = run(
        start(
            'A,Mug,1.00,,,,\nB,,1.00,,,,\nC,"Two\nlines",free,,,,\nD,Mug\nE,Mug,1.00,,,many,perhaps\n\nF,Mug,1.00,,,,\n'
        )
    )

    assert counts(job) == ("completed", 6, 2, 0, 4)
    assert [tuple(each.values()) for each in job["errors"]] == [
        (3, "B", "name", "must not be empty."),
        (4, "C", "price", "'free' is no amount above 0 with at most two decimals."),
        (6, "D", "", "There are 2 fields where the header has 7."),
        (7, "E", "on_hand", "'many' is no whole number of units."),
        (7, "E", "is_active", "'perhaps' is neither true nor false."),
    ]
    assert set(Product.objects.values_list("sku", flat=True)) == {"A", "F"}


def test_only_the_first_hundred_errors_are_shown():
    job = run(start("A,,1\n" * 150))

    assert len(job["errors"]) == 100
    assert job["failed"] == 150


def test_slugs_are_made_unique_by_the_sku_and_then_by_the_id():
    ProductFactory(slug="mug")
    ProductFactory(slug="cup-x-1")

    run(start("A.1,Mug,1.00,,,,\nA-1,Mug,1.00,,,,\nX-1,Cup,1.00,,,,\nY-1,Cup,1.00,,,,\nZ,?!,1.00,,,,\n"))

    slug = dict(Product.objects.values_list("sku", "slug"))
    assert slug["A.1"] == "mug-a-1"
    assert slug["A-1"].startswith("mug-a-1-")
    assert slug["X-1"] == "cup"
    assert slug["Y-1"] == "cup-y-1"
    assert slug["Z"] == "z"


def test_of_rows_with_one_sku_the_last_wins():
    job = run(start("A,Mug,1.00,First,,3,\nB,Bowl,1.00,,,,\nA,Cup,2.00,,,5,\n"))

    assert counts(job) == ("completed", 3, 2, 1, 0)
    product = Product.objects.get(sku="A")
    assert (product.name, product.price, product.description, product.on_hand) == (
        "Cup",
        Decimal("2.00"),
        "First",
        5,
    )
    balance()


def test_a_file_that_stops_being_csv_fails_and_keeps_the_rows_before():
    job = run(start('A,Mug,1.00,,,,\nB,"never closed,1.00,,,,\nC,Cup,1.00,,,,\n'))

    assert counts(job) == ("failed", 1, 1, 0, 0)
    assert job["error"] == "Line 3 is not valid CSV: unexpected end of data."
    assert job["offset"] == len(HEADER) + len("A,Mug,1.00,,,,\n")
    assert job["finished_at"] is not None
    assert Product.objects.get().sku == "A"
    assert not ImportChunk.objects.exists()


def test_a_file_that_is_no_csv_from_the_first_row_fails_without_effect():
    job = run(start('"A" B,Mug,1.00,,,,\n'))

    assert counts(job) == ("failed", 0, 0, 0, 0)
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty."),
        (b"\n \n\n", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b"sku,price\n", "The column 'name' is missing."),
        (b"sku,name,price,colour\n", "The column 'colour' is unknown;"),
        (b"sku,name,price,name\n", "The column 'name' is given twice."),
        (b'"sku,name,price\n', "Line 1 is not valid CSV: unexpected end of data."),
        (b"x" * 300_000, "The header does not end."),
        (b"sku,name,price\nA,M\xfcg,1\n", "The file is not UTF-8: line 2 has the byte 0xFC."),
        (
            b"sku,name,price\n" + b"A,Mug,1\n" * 40_000 + b"B,\xe2\x82",
            "The file is not UTF-8: line 40002",
        ),
        (b"PK\x03\x04\xff\xfe", "The file is a ZIP archive or an Excel workbook (XLSX); save it as CSV"),
        (b"\x1f\x8b\x08\x00", "The file is compressed with gzip; save it as CSV"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_leaves_nothing(data, message):
    with pytest.raises(InvalidInput) as caught:
        services.import_start(pieces=io.BytesIO(data), created_by=uuid4())

    assert caught.value.details["file"][0].startswith(message)
    assert not Import.objects.exists()
    assert not ImportChunk.objects.exists()
    assert events.outbox() == []


def test_a_byte_order_mark_is_no_part_of_the_header():
    data = b"\xef\xbb\xbfsku,name,price\r\nA,Mug,1.00\r\n"
    import_id = services.import_start(pieces=[data], created_by=uuid4())["id"]

    assert counts(run(import_id)) == ("completed", 1, 1, 0, 0)


def test_a_header_without_rows_is_done_at_once():
    job = run(start(""))

    assert counts(job) == ("completed", 0, 0, 0, 0)
    assert job["offset"] == job["total_bytes"]


def test_a_row_that_the_database_refuses_fails_alone():
    ProductFactory(sku="S7", name="Old")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE product ADD CONSTRAINT no_tin CHECK (name <> 'Tin') NOT VALID")
    try:
        names = ["Tin" if number in {7, 300, 999} else f"Thing {number}" for number in range(1000)]
        job = run(start("".join(f"S{number},{name},1.00,,New,2,\n" for number, name in enumerate(names))))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE product DROP CONSTRAINT no_tin")

    assert counts(job) == ("completed", 1000, 997, 0, 3)
    refused = 'The database refuses it: new row for relation "product" violates check constraint "no_tin".'
    assert [tuple(each.values()) for each in job["errors"]] == [
        (number + 2, f"S{number}", "", refused) for number in (7, 300, 999)
    ]
    assert Product.objects.get(sku="S7").name == "Old"
    assert Product.objects.count() == 998
    balance()
