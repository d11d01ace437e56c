"""The export of products: streamed from one snapshot, safe in a spreadsheet, for staff only."""

import resource
from uuid import uuid4

import pytest
from django.db import connection
from factories import CategoryFactory, ProductFactory

from catalog import services
from shared.db.models import uuid7
from shared.testing.exports import moment, table

pytestmark = pytest.mark.django_db(transaction=True)  # an export has a connection of its own

HEADINGS = [
    "id", "sku", "name", "slug", "description", "price", "category",
    "available", "is_active", "created_at", "updated_at",
]  # fmt: skip


def test_staff_takes_every_product_home(staff):
    category = CategoryFactory(slug="cups", name="Cups")
    mug = ProductFactory(sku="M-1", name='Mug, "red"\nof tin', slug="mug", price="2.50", category=category, stock=5)
    services.stock_reserve(order_id=uuid7(), user_id=uuid4(), lines=[(mug.id, 2)])
    mug.refresh_from_db()

    response = staff.get("products/export/", Accept="text/csv")
    rows = table(response)

    assert response.headers["Content-Type"] == "text/csv"
    assert response.headers["Content-Disposition"] == 'attachment; filename="products.csv"'
    assert rows == [
        HEADINGS,
        [
            str(mug.id), "M-1", 'Mug, "red"\nof tin', "mug", mug.description, "2.50", "cups",
            "3", "true", moment(mug.created_at), moment(mug.updated_at),
        ],
    ]  # fmt: skip


def test_what_is_not_sold_any_more_and_has_no_category_is_there_too(staff):
    ProductFactory(sku="OLD", category=None, is_active=False, stock=0)

    (row,) = table(staff.get("products/export/"))[1:]

    assert (row[1], row[6], row[7], row[8]) == ("OLD", "", "0", "false")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(staff, start):
    text = f"{start}cmd|' /C calc'!A0"
    ProductFactory(sku=text, name=text, description=text)

    (row,) = table(staff.get("products/export/"))[1:]

    assert [row[1], row[2], row[4]] == [f"'{text}"] * 3


def test_the_lists_filters_and_orderings_hold(staff):
    cups = CategoryFactory(slug="cups")
    for sku, price, category in (("A", "1.00", cups), ("B", "3.00", cups), ("C", "2.00", cups), ("D", "9.00", None)):
        ProductFactory(sku=sku, name=f"Tin {sku * 3}", price=price, category=category, stock=1)
    chosen = {"category": "cups", "min_price": "1.50", "in_stock": "true", "ordering": "-price"}

    assert [row[1] for row in table(staff.get("products/export/", chosen))[1:]] == ["B", "C"]
    assert [row[1] for row in table(staff.get("products/export/", {"search": "ddd"}))[1:]] == ["D"]


def test_a_search_for_what_nobody_sells_gives_the_headings_alone(staff):
    ProductFactory(name="Mug")

    assert table(staff.get("products/export/", {"search": "xylophone"})) == [HEADINGS]


@pytest.mark.parametrize("query", [{"ordering": "sku"}, {"colour": "red"}, {"limit": "3"}, {"min_price": "cheap"}])
def test_a_wrong_parameter_is_refused_before_anything_is_sent(staff, refusal, query):
    status, _, fields = refusal(staff.get("products/export/", query))

    assert status == 400
    assert list(fields) == list(query)


def test_customers_take_nothing_home(anyone, customer):
    assert customer.get("products/export/").status_code == 403
    assert anyone.get("products/export/").status_code == 401


def test_memory_does_not_grow_with_the_number_of_products(api):
    staff = api(uuid4(), roles=("staff",))
    ProductFactory(sku="few", is_active=False)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE product DISABLE TRIGGER USER")
        cursor.execute(
            "INSERT INTO product (id, created_at, updated_at, sku, name, slug, description, price, document)"
            " SELECT gen_random_uuid(), now(), now(), 'S' || n, 'Thing', 's' || n, repeat('x', 400), 1, ''"
            " FROM generate_series(1, 50000) n"
        )
        cursor.execute("ALTER TABLE product ENABLE TRIGGER USER")
    for _ in staff.get("products/export/", {"min_price": "5"}).streaming_content:
        pass  # everything is loaded now
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    size = largest = 0
    for piece in staff.get("products/export/").streaming_content:
        size, largest = size + len(piece), max(largest, len(piece))

    assert size > 20_000_000
    assert largest < 200_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4 * 1024  # KiB
