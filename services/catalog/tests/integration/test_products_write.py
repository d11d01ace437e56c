"""Writing products and their stock over HTTP, in both dialects."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError
from factories import CategoryFactory, ProductFactory

from catalog import services
from catalog.models import Product, StockEntry
from shared.db.models import uuid7

pytestmark = pytest.mark.django_db

NEW = {"sku": "M-1", "name": "Red Mug", "price": "2.50"}


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
