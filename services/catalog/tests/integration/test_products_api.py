"""Products over HTTP, in both dialects."""

import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import orjson
import pytest
from django.db import IntegrityError
from factories import CategoryFactory, ProductFactory

from catalog import services
from catalog.models import Product, StockEntry
from shared.db.models import uuid7

pytestmark = pytest.mark.django_db

NEW = {"sku": "M-1", "name": "Red Mug", "price": "2.50"}


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


def test_reading_takes_one_statement(api, django_assert_num_queries):
    products = [ProductFactory(category=CategoryFactory()) for _ in range(20)]

    with django_assert_num_queries(1):
        api().get("products/", {"limit": 20})
    with django_assert_num_queries(1):
        api().get("products/", {"category": products[0].category.slug, "search": "product"})
    with django_assert_num_queries(2):
        api(version="v1").get("products/")
    with django_assert_num_queries(1):
        api().get(f"products/{products[0].id}/")
    with django_assert_num_queries(1):
        api().get(f"products/{products[0].slug}/")


def test_staff_creates_a_product_with_a_slug_of_its_own(staff, one, version):
    ProductFactory(slug="red-mug")
    CategoryFactory(slug="mugs", name="Mugs")

    answer = staff.post("products/", {**NEW, "category": "mugs", "description": "Holds tea"})

    assert answer.status_code == 201
    created = one(answer)
    assert created["slug"] == "red-mug-m-1"
    assert (created["price"], created["category"]["slug"], created["available"]) == ("2.50", "mugs", 0)
    assert answer.headers["Location"] == f"/api/{version}/products/{created['id']}/"
    assert Product.objects.get(sku="M-1").name == "Red Mug"


def test_a_slug_comes_with_part_of_the_id_when_name_and_sku_are_taken(staff, one):
    ProductFactory(slug="red-mug")
    ProductFactory(slug="red-mug-m-1")

    created = one(staff.post("products/", NEW))

    assert created["slug"] == "red-mug-m-1-" + created["id"].replace("-", "")[-12:]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price": "0"}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "1.005"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": "1000000000000000"}, "price"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"sku": " "}, "sku"),
        ({"sku": "x" * 65}, "sku"),
        ({"slug": "Not A Slug"}, "slug"),
        ({"slug": "import"}, "slug"),
        ({"slug": "ends-"}, "slug"),
        ({"category": "nothing"}, "category"),
        ({"is_active": "perhaps"}, "is_active"),
        ({"on_hand": 5}, "on_hand"),
        ({"name": "a\x00b"}, "name"),
    ],
)
def test_wrong_input_is_refused_by_field_and_creates_nothing(staff, refusal, changes, field):
    status, code, fields = refusal(staff.post("products/", {**NEW, **changes}))

    assert (status, code, list(fields)) == (400, "validation_error", [field])
    assert not Product.objects.exists()


def test_everything_missing_is_named(staff, refusal):
    _, _, fields = refusal(staff.post("products/", {}))

    assert set(fields) == {"sku", "name", "price"}


@pytest.mark.parametrize(
    ("taken", "field", "code"),
    [({"sku": "M-1"}, "sku", "sku_taken"), ({"slug": "mine"}, "slug", "slug_taken")],
)
def test_what_another_product_has_is_a_conflict(staff, refusal, taken, field, code):
    ProductFactory(**taken)

    status, found, fields = refusal(staff.post("products/", {**NEW, "slug": "mine"}))

    assert (status, found, list(fields)) == (409, code, [field])
    assert Product.objects.count() == 1


def test_staff_changes_some_fields(staff, one):
    product = ProductFactory(name="Mug", slug="mug", description="Old", category=CategoryFactory())

    answer = staff.patch("products/mug/", {"price": "3.00", "category": None})

    assert answer.status_code == 200
    changed = one(answer)
    assert (changed["price"], changed["category"], changed["description"]) == ("3.00", None, "Old")
    after = Product.objects.get(id=product.id)
    assert (after.price, after.category, after.name) == (Decimal("3.00"), None, "Mug")
    assert after.updated_at > product.updated_at


def test_staff_replaces_a_product(staff, one):
    product = ProductFactory(slug="mug", description="Old", category=CategoryFactory(), is_active=False)

    answer = staff.send("PUT", f"products/{product.id}/", NEW)

    changed = one(answer)
    assert (changed["sku"], changed["name"], changed["slug"]) == ("M-1", "Red Mug", "mug")
    assert (changed["description"], changed["category"], changed["is_active"]) == ("", None, True)


def test_a_replacement_needs_the_whole_product(staff, refusal):
    product = ProductFactory(name="Mug")

    status, _, fields = refusal(staff.send("PUT", f"products/{product.id}/", {"price": "3.00"}))

    assert (status, set(fields)) == (400, {"sku", "name"})
    assert Product.objects.get().name == "Mug"


def test_a_rule_that_only_the_database_knows_is_a_defect_and_no_conflict():
    with pytest.raises(IntegrityError, match="product_price_above_zero"):
        services.product_create(sku="M-1", name="Mug", price=Decimal(0))


def test_a_change_to_what_another_product_has_is_a_conflict(staff, refusal):
    ProductFactory(sku="M-1")
    product = ProductFactory(sku="M-2", name="Mug")

    status, code, _ = refusal(staff.patch(f"products/{product.id}/", {"sku": "M-1", "name": "Cup"}))

    assert (status, code) == (409, "sku_taken")
    assert Product.objects.get(id=product.id).name == "Mug"


def test_a_deleted_product_is_taken_off_sale_and_stays(staff, anyone):
    product = ProductFactory(stock=5)
    services.stock_reserve(order_id=uuid7(), user_id=uuid4(), lines=[(product.id, 2)])

    answers = [staff.send("DELETE", f"products/{product.id}/") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    assert anyone.get(f"products/{product.id}/").status_code == 404
    after = Product.objects.get(id=product.id)
    assert (after.is_active, after.on_hand, after.reserved) == (False, 5, 2)


def test_stock_is_set_and_adjusted_with_the_ledger(staff, one):
    product = ProductFactory()

    answers = [
        staff.patch(f"products/{product.id}/stock/", change)
        for change in ({"on_hand": 10}, {"delta": -3}, {"on_hand": 7}, {"delta": 0})
    ]

    assert [one(answer)["available"] for answer in answers] == [10, 7, 7, 7]
    entries = StockEntry.objects.order_by("id").values_list("delta", "reason")
    assert list(entries) == [(10, "set"), (-3, "adjust")]


@pytest.mark.parametrize("change", [{"on_hand": 3}, {"delta": -2}, {"delta": -100}])
def test_stock_never_goes_below_what_is_reserved(staff, refusal, change):
    product = ProductFactory(stock=5)
    services.stock_reserve(order_id=uuid7(), user_id=uuid4(), lines=[(product.id, 4)])

    status, code, _ = refusal(staff.patch(f"products/{product.slug}/stock/", change))

    assert (status, code) == (400, "stock_below_reserved")
    assert Product.objects.get().on_hand == 5
    assert StockEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "non_field_errors"),
        ({"on_hand": 1, "delta": 1}, "non_field_errors"),
        ({"on_hand": -1}, "on_hand"),
        ({"on_hand": 10**12 + 1}, "on_hand"),
        ({"delta": "many"}, "delta"),
        ({"reserved": 1}, "reserved"),
    ],
)
def test_wrong_stock_is_refused(staff, refusal, body, field):
    product = ProductFactory(stock=5)

    status, code, fields = refusal(staff.patch(f"products/{product.id}/stock/", body))

    assert (status, code, list(fields)) == (400, "validation_error", [field])
    assert Product.objects.get().on_hand == 5


def test_stock_or_fields_of_a_product_that_is_not_there_are_not_found(staff, refusal):
    for path, body in ((f"products/{uuid7()}/stock/", {"on_hand": 1}), ("products/nothing/", {"name": "X"})):
        status, code, _ = refusal(staff.patch(path, body))
        assert (status, code) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "products/"),
        ("PUT", "products/{id}/"),
        ("PATCH", "products/{id}/"),
        ("DELETE", "products/{id}/"),
        ("PATCH", "products/{id}/stock/"),
    ],
)
def test_only_staff_writes(anyone, customer, refusal, method, path):
    product = ProductFactory(name="Mug", stock=5)
    before = Product.objects.values().get()
    path = path.format(id=product.id)

    assert refusal(anyone.send(method, path, NEW))[:2] == (401, "not_authenticated")
    assert refusal(customer.send(method, path, NEW))[:2] == (403, "insufficient_permissions")

    assert Product.objects.values().get() == before
    assert StockEntry.objects.count() == 1


def test_a_repeated_request_is_answered_again_without_a_second_effect(staff, refusal):
    product = ProductFactory(stock=5)
    path, change = f"products/{product.id}/stock/", {"delta": 3}

    first = staff.patch(path, change, idempotency_key="k-1")
    again = staff.patch(path, change, idempotency_key="k-1")
    other = staff.patch(path, {"delta": 4}, idempotency_key="k-1")

    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert refusal(other)[:2] == (422, "idempotency_key_reused")
    assert Product.objects.get().on_hand == 8


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_method_that_is_not_there_is_named_so(staff, refusal, method):
    product = ProductFactory()

    status, code, _ = refusal(staff.send(method, f"products/{product.id}/stock/"))

    assert (status, code) == (405, "method_not_allowed")
