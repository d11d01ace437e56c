"""Categories over HTTP, in both dialects."""

from uuid import uuid4

import pytest
from factories import CategoryFactory, ProductFactory

from catalog import services
from catalog.models import Category
from shared.auth import subjects
from shared.events.contracts import UserDeactivated, UserRegistered
from shared.testing import events
from shared.testing.race import together

pytestmark = pytest.mark.django_db


def test_the_tree_is_read_by_anyone(anyone, one, rows):
    top = CategoryFactory(slug="home", name="Home")
    CategoryFactory(slug="kitchen", name="Kitchen", parent=top)

    found = rows(anyone.get("categories/"))
    kitchen = one(anyone.get("categories/kitchen/"))

    assert [(each["slug"], each["parent"]) for each in found] == [("home", None), ("kitchen", "home")]
    assert list(kitchen) == ["id", "slug", "name", "parent", "created_at", "updated_at"]
    assert (kitchen["name"], kitchen["parent"]) == ("Kitchen", "home")


def test_reading_takes_one_statement(api, django_assert_num_queries):
    CategoryFactory(slug="kitchen", parent=CategoryFactory())

    with django_assert_num_queries(1):
        api().get("categories/")
    with django_assert_num_queries(1):
        api().get("categories/kitchen/")


def test_staff_creates_a_category_below_another(staff, one, version):
    CategoryFactory(slug="home")

    answer = staff.post("categories/", {"name": "Küche & Bad", "parent": "home"})

    assert answer.status_code == 201
    assert (one(answer)["slug"], one(answer)["parent"]) == ("kuche-bad", "home")
    assert answer.headers["Location"] == f"/api/{version}/categories/kuche-bad/"


def test_a_slug_of_its_own_is_found_for_a_name_that_is_taken(staff, one):
    CategoryFactory(slug="home")

    created = one(staff.post("categories/", {"name": "Home"}))

    assert created["slug"] == "home-" + created["id"].replace("-", "")[-12:]


def test_staff_renames_and_moves_a_category(staff, one):
    CategoryFactory(slug="home")
    CategoryFactory(slug="kitchen", parent=CategoryFactory(slug="old"))

    moved = one(staff.patch("categories/kitchen/", {"parent": "home", "slug": "cuisine", "name": "Cuisine"}))
    lifted = one(staff.patch("categories/cuisine/", {"parent": None}))

    assert (moved["slug"], moved["name"], moved["parent"]) == ("cuisine", "Cuisine", "home")
    assert lifted["parent"] is None


@pytest.mark.parametrize("parent", ["top", "middle", "below"])
def test_a_category_is_never_placed_below_itself(staff, refusal, parent):
    top = CategoryFactory(slug="top")
    CategoryFactory(slug="below", parent=CategoryFactory(slug="middle", parent=top))

    status, code, _ = refusal(staff.patch("categories/top/", {"parent": parent}))

    assert (status, code) == (400, "category_cycle")
    assert Category.objects.get(slug="top").parent is None


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_make_no_cycle():
    for _ in range(5):
        slugs = [CategoryFactory().slug for _ in range(2)]

        def move(number, slugs=slugs):
            services.category_update(slug=slugs[number], changes={"parent": slugs[1 - number]})

        outcomes = together(2, move)

        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CategoryCycle", "NoneType"]


def test_an_empty_category_is_deleted(staff):
    CategoryFactory(slug="home")

    assert staff.send("DELETE", "categories/home/").status_code == 204

    assert not Category.objects.exists()


@pytest.mark.parametrize("content", ["category", "product"])
def test_a_category_with_something_in_it_stays(staff, refusal, content):
    home = CategoryFactory(slug="home")
    if content == "category":
        CategoryFactory(parent=home)
    else:
        ProductFactory(category=home)

    status, code, _ = refusal(staff.send("DELETE", "categories/home/"))

    assert (status, code) == (409, "category_not_empty")
    assert Category.objects.filter(slug="home").exists()


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 400, "validation_error", "name"),
        ({"name": "X", "parent": "nothing"}, 400, "validation_error", "parent"),
        ({"name": "X", "slug": "A b"}, 400, "validation_error", "slug"),
        ({"name": "X", "colour": "red"}, 400, "validation_error", "colour"),
        ({"name": "X", "slug": "home"}, 409, "slug_taken", "slug"),
    ],
)
def test_wrong_input_is_refused_and_creates_nothing(staff, refusal, body, status, code, field):
    CategoryFactory(slug="home")

    found = refusal(staff.post("categories/", body))

    assert (found[0], found[1], list(found[2])) == (status, code, [field])
    assert Category.objects.count() == 1


def test_a_new_slug_that_is_taken_is_a_conflict(staff, refusal):
    CategoryFactory(slug="home")
    CategoryFactory(slug="kitchen")

    assert refusal(staff.patch("categories/kitchen/", {"slug": "home"}))[:2] == (409, "slug_taken")
    assert staff.patch("categories/kitchen/", {"slug": "kitchen"}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_what_is_not_there_is_not_found(staff, refusal, method):
    body = {"name": "X"} if method == "PATCH" else None

    assert refusal(staff.send(method, "categories/nothing/", body))[:2] == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "categories/"), ("PATCH", "categories/home/"), ("DELETE", "categories/home/")]
)
def test_only_staff_writes(anyone, customer, refusal, method, path):
    CategoryFactory(slug="home", name="Home")

    assert refusal(anyone.send(method, path, {"name": "X"}))[:2] == (401, "not_authenticated")
    assert refusal(customer.send(method, path, {"name": "X"}))[:2] == (403, "insufficient_permissions")

    assert list(Category.objects.values_list("name", flat=True)) == ["Home"]


def test_an_unknown_parameter_is_refused(anyone, refusal):
    assert list(refusal(anyone.get("categories/", {"search": "x"}))[2]) == ["search"]


def test_a_token_of_a_deactivated_user_is_refused(api, version, refusal):
    user_id = uuid4()
    assert events.deliver(UserRegistered(user_id=user_id)) == "handled"
    assert api(user_id, version=version).get("categories/").status_code == 200
    assert events.deliver(UserDeactivated(user_id=user_id)) == "handled"
    subjects.forget_cache()

    assert refusal(api(user_id, version=version).get("categories/"))[:2] == (401, "token_not_valid")
