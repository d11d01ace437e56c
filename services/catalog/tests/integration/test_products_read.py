"""Reading products over HTTP, in both dialects."""

import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import orjson
import pytest
from factories import CategoryFactory, ProductFactory

from catalog import services
from catalog.models import Product
from shared.db.models import uuid7

pytestmark = pytest.mark.django_db


def names(found):
    return [each["name"] for each in found]


def test_a_product_has_exactly_its_fields(anyone, one):
    category = CategoryFactory(slug="mugs", name="Mugs")
    product = ProductFactory(
        sku="M-1", name="Red Mug", slug="red-mug", description="Holds tea", category=category, stock=5
    )
    services.stock_reserve(order_id=uuid7(), user_id=uuid4(), lines=[(product.id, 2)])

    answer = anyone.get("products/red-mug/")

    assert answer.status_code == 200
    found = one(answer)
    assert list(found) == [
        "id",
        "sku",
        "name",
        "slug",
        "description",
        "price",
        "currency",
        "category",
        "available",
        "in_stock",
        "is_active",
        "created_at",
        "updated_at",
    ]
    assert found["id"] == str(product.id)
    assert (found["price"], found["currency"]) == ("9.99", "GBP")
    assert found["category"] == {"slug": "mugs", "name": "Mugs"}
    assert (found["available"], found["in_stock"], found["is_active"]) == (3, True, True)
    assert found["created_at"].endswith("Z")


def test_a_product_is_found_by_id_and_by_slug_with_and_without_the_final_slash(anyone, one):
    product = ProductFactory(slug="red-mug")

    for path in (f"products/{product.id}/", f"products/{product.id}", "products/red-mug/", "products/red-mug"):
        assert one(anyone.get(path))["id"] == str(product.id)


def test_a_slug_that_looks_like_an_id_is_a_slug(anyone, one):
    slug = uuid4().hex
    product = ProductFactory(slug=slug)

    assert one(anyone.get(f"products/{slug}/"))["id"] == str(product.id)


@pytest.mark.parametrize("key", ["nothing", str(uuid7()), "NOT-A-SLUG", "a%00b", "%F0%9F%8E%82"])
def test_what_is_not_there_is_not_found(anyone, refusal, key):
    status, code, _ = refusal(anyone.get(f"products/{key}/"))

    assert (status, code) == (404, "not_found")


def test_an_inactive_product_is_only_there_for_staff(anyone, customer, staff, one, rows):
    product = ProductFactory(is_active=False)

    for client in (anyone, customer):
        assert client.get(f"products/{product.id}/").status_code == 404
        assert rows(client.get("products/")) == []
    assert one(staff.get(f"products/{product.id}/"))["is_active"] is False
    assert len(rows(staff.get("products/"))) == 1


def test_an_unchanged_product_is_not_sent_again(api):
    product = ProductFactory()
    tag = api().get(f"products/{product.id}/").headers["ETag"]

    unchanged = api().get(f"products/{product.id}/", if_none_match=tag)
    services.stock_set(key=product.slug, on_hand=3)
    changed = api().get(f"products/{product.id}/", if_none_match=tag)

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert changed.status_code == 200
    assert changed.json()["available"] == 3


def test_lists_are_filtered(anyone, rows):
    top, sub = CategoryFactory(slug="top"), CategoryFactory(slug="other")
    below = CategoryFactory(slug="below", parent=CategoryFactory(slug="middle", parent=top))
    ProductFactory(name="Red Tea Mug", sku="R-1", price=Decimal("2.50"), category=top, stock=1)
    ProductFactory(name="Blue tea cup", sku="B-1", price=Decimal("5.00"), category=below)
    ProductFactory(name="Lamp", sku="L-1", price=Decimal("50.00"), category=sub, stock=4)

    def found(**params):
        return set(names(rows(anyone.get("products/", params))))

    assert found() == {"Red Tea Mug", "Blue tea cup", "Lamp"}
    assert found(search="TEA") == {"Red Tea Mug", "Blue tea cup"}
    assert found(search="mug tea") == {"Red Tea Mug"}
    assert found(search="L-1") == {"Lamp"}
    assert found(search="100%") == set()
    assert found(category="top") == {"Red Tea Mug", "Blue tea cup"}
    assert found(category="middle") == {"Blue tea cup"}
    assert found(category="nothing") == set()
    assert found(min_price="5.00") == {"Blue tea cup", "Lamp"}
    assert found(max_price="5") == {"Red Tea Mug", "Blue tea cup"}
    assert found(min_price="3", max_price="6", category="top") == {"Blue tea cup"}
    assert found(in_stock="true") == {"Red Tea Mug", "Lamp"}
    assert found(in_stock="false") == {"Blue tea cup"}


def test_lists_know_what_came_after_a_time(anyone, rows):
    old, new = ProductFactory(name="Old"), ProductFactory(name="New")
    moment = datetime(2026, 5, 1, 12, tzinfo=UTC)
    Product.objects.filter(id=old.id).update(created_at=moment)
    Product.objects.filter(id=new.id).update(created_at=moment + timedelta(seconds=1))

    assert names(rows(anyone.get("products/", {"created_after": "2026-05-01T12:00:00Z"}))) == ["New"]
    assert len(rows(anyone.get("products/", {"created_after": "2026-05-01T13:59:59+02:00"}))) == 2


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"min_price": "cheap"}, "min_price"),
        ({"min_price": ""}, "min_price"),
        ({"search": ""}, "search"),
        ({"max_price": "NaN"}, "max_price"),
        ({"min_price": "1.234"}, "min_price"),
        ({"in_stock": "maybe"}, "in_stock"),
        ({"created_after": "yesterday"}, "created_after"),
        ({"ordering": "password"}, "ordering"),
        ({"search": "x" * 201}, "search"),
        ({"search": "a\x00b"}, "search"),
    ],
)
def test_a_filter_that_does_not_parse_is_refused_by_name(anyone, refusal, params, field):
    status, code, fields = refusal(anyone.get("products/", params))

    assert (status, code, list(fields)) == (400, "validation_error", [field])


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("price", ["Bowl", "Cup", "Ark"]),
        ("-price", ["Ark", "Cup", "Bowl"]),
        ("name", ["Ark", "Bowl", "Cup"]),
        ("-created_at", ["Cup", "Bowl", "Ark"]),
        (None, ["Cup", "Bowl", "Ark"]),
    ],
)
def test_lists_are_ordered(anyone, rows, ordering, expected):
    for name, price in (("Ark", "9.00"), ("Bowl", "1.00"), ("Cup", "5.00")):
        ProductFactory(name=name, price=Decimal(price))

    params = {"ordering": ordering} if ordering else {}
    assert names(rows(anyone.get("products/", params))) == expected


@pytest.mark.parametrize("ordering", ["price", "-price", "name", "-created_at"])
def test_pages_hold_every_product_once_forwards_and_backwards(api, ordering):
    for number in range(11):
        ProductFactory(name=f"P{number % 3}", price=Decimal(1 + number % 2))
    everything = names_and_ids(api().get("products/", {"ordering": ordering, "limit": 100}))

    forwards, query = [], {"ordering": ordering, "limit": 4}
    while True:
        answer = api().get("products/", query).json()
        forwards += [each["id"] for each in answer["data"]]
        if not answer["next"]:
            break
        query = query_of(answer["next"])
    backwards = [each["id"] for each in answer["data"]]
    while answer["previous"]:
        answer = api().get("products/", query_of(answer["previous"])).json()
        backwards = [each["id"] for each in answer["data"]] + backwards

    assert forwards == backwards == everything
    assert len(set(forwards)) == 11


@pytest.mark.parametrize(
    ("ordering", "value"),
    [
        ("name", "a\x00"),
        ("name", None),
        ("price", "1e999999"),
        ("price", "NaN"),
        ("-created_at", "2026-01-01T00:00:00"),
    ],
)
def test_a_made_up_cursor_is_refused(api, ordering, value):
    raw = orjson.dumps([0, value, str(uuid7())])
    cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")

    answer = api().get("products/", {"ordering": ordering, "cursor": cursor})

    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cursor"])


def names_and_ids(answer):
    return [each["id"] for each in answer.json()["data"]]


def query_of(address):
    return dict(parse_qsl(urlsplit(address).query))


def test_v1_counts_pages(api):
    ProductFactory.create_batch(5)

    answer = api(version="v1").get("products/", {"page": 2, "page_size": 2})

    assert answer.json()["pagination"] == {
        "page": 2,
        "pages": 3,
        "per_page": 2,
        "total": 5,
        "has_next": True,
        "has_previous": True,
    }
    assert "Deprecation" in answer.headers


def test_reading_takes_few_statements_however_many_rows(api, django_assert_num_queries):
    products = [ProductFactory(category=CategoryFactory()) for _ in range(20)]

    with django_assert_num_queries(1):
        api().get("products/", {"limit": 20})
    with django_assert_num_queries(2):  # the ids of the branch first
        api().get("products/", {"category": products[0].category.slug, "in_stock": "false"})
    with django_assert_num_queries(2):
        api(version="v1").get("products/")
    with django_assert_num_queries(1):
        api().get(f"products/{products[0].id}/")
    with django_assert_num_queries(1):
        api().get(f"products/{products[0].slug}/")
