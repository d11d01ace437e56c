"""Answers that are made without Django: the same as Django's, for whomever they are made (decision record 13)."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import OperationalError
from factories import CategoryFactory, ProductFactory
from reading import ID, bearer, outcomes, read, since

from catalog import selectors, wsgi
from catalog.api import ready
from shared.http.ready import generation
from shared.http.ready.layer import ReadyAnswers
from shared.http.throttles import buckets

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("still")]

DETAIL = "/api/v2/products/red-mug/"


class Counted:
    """Django's application that counts what it is asked, behind the layer of a process that has just begun."""

    def __init__(self):
        self.asked = 0
        self._layer = ReadyAnswers(self._django, ready.PATHS, ready.MADE)

    def _django(self, environ, start):
        self.asked += 1
        return wsgi.django(environ, start)

    def read(self, target, **asked):
        return read(target, application=self._layer, **asked)


@pytest.fixture
def process():
    return Counted()


@pytest.fixture(autouse=True)
def mugs(settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    settings.RATE_ANONYMOUS = settings.RATE_USER = "off"
    buckets.forget_connection()
    category = CategoryFactory(slug="mugs", name="Mugs")
    ProductFactory(sku="M-0", name="Blue Mug", slug="blue-mug", stock=0)
    return ProductFactory(sku="M-1", name="Röd Mug", slug="red-mug", category=category, price=Decimal("9.9"), stock=5)


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        (DETAIL, {}),
        ("/api/v1/products/red-mug/", {}),
        ("/api/v2/products/red-mug", {}),
        (DETAIL, {"method": "HEAD"}),
        (DETAIL, {"Accept": "text/html, application/json;q=0.9"}),
        (DETAIL, {"Origin": "https://shop.example"}),
        ("/api/v1/products/red-mug/", {"Origin": "https://shop.example", "X_Forwarded_Proto": "https"}),
        (DETAIL, {"Authorization": "customer"}),
        ("/api/v1/products/red-mug", {"Authorization": "customer"}),
        (DETAIL, {"If_None_Match": "*"}),
        (DETAIL, {"If_None_Match": '"another"'}),
        ("/api/v1/products/red-mug/", {"If_None_Match": "*"}),
        ("/api/v2/products/?limit=1", {}),
        ("/api/v2/products?limit=1&search=m%C3%BCg&search=mug&category=mugs", {}),
        ("/api/v1/products/?page=2&page_size=1&ordering=price", {"method": "HEAD"}),
        ("/api/v1/products/?in_stock=true&min_price=1.5", {"Authorization": "customer"}),
        ("/api/v2/products/?limit=1&created_after=2020-01-01T00:00:00%2B01:00", {"Origin": "https://shop.example"}),
    ],
)
def test_what_is_made_is_what_django_alone_would_answer(process, target, asked):
    asked = {**asked, "Authorization": bearer()} if "Authorization" in asked else asked
    process.read(target.replace("red-mug", "blue-mug").partition("?")[0], **asked)
    before = outcomes()

    made, hit = process.read(target, **asked), process.read(target, **asked)

    alone = read(target, application=wsgi.django, **asked)
    assert process.asked == 1
    assert since(before) == {"miss": 1, "hit": 1}
    assert hit == made
    assert (made.status, made.headers) == (alone.status, alone.headers)
    assert made.body == (b"" if asked.get("method") == "HEAD" else alone.body)


@pytest.mark.parametrize("first", [{"If_None_Match": "*"}, {"method": "HEAD"}, {"Authorization": "customer"}])
@pytest.mark.parametrize("then", [{}, {"Authorization": "customer"}, {"If_None_Match": "*"}])
def test_whoever_asked_first_leaves_nothing_of_its_own(process, first, then):
    first, then = ({**each, "Authorization": bearer()} if "Authorization" in each else each for each in (first, then))
    process.read("/api/v2/products/blue-mug/", **first)

    assert process.read(DETAIL, **then) == read(DETAIL, application=wsgi.django, **then)
    assert process.asked == 1


def test_a_product_is_made_by_its_id_too(process, mugs):
    process.read(DETAIL)

    assert process.read(f"/api/v2/products/{mugs.id}/").body == process.read(DETAIL).body
    assert process.asked == 1


def test_the_first_answer_for_each_version_origin_and_scheme_is_djangos(process):
    process.read("/api/v2/products/blue-mug/")
    process.read("/api/v1/products/red-mug/")
    process.read(DETAIL, Origin="https://shop.example")
    process.read(DETAIL, X_Forwarded_Proto="https")

    assert process.asked == 4


@pytest.mark.parametrize(
    "target",
    [
        "/api/v2/products/green-mug/",
        f"/api/v2/products/{uuid4()}/",
        DETAIL + "?x=1",
        "/api/v2/products/?x=1",
        "/api/v2/products/?limit=none",
        "/api/v2/products/?page=1",
        "/api/v2/products/?cursor=WzBd",
        "/api/v1/products/?page=9",
        "/api/v1/products/?min_price=a",
    ],
)
def test_what_cannot_be_made_django_refuses(process, target):
    for version in ("v1", "v2"):
        process.read(f"/api/{version}/products/")
        process.read(f"/api/{version}/products/blue-mug/")

    refused = process.read(target)

    assert refused == read(target, application=wsgi.django)
    assert refused.code in {400, 404}
    assert process.asked == 5


def test_staff_is_answered_by_django(process, mugs):
    process.read("/api/v2/products/blue-mug/")
    type(mugs).objects.filter(id=mugs.id).update(is_active=False)

    assert process.read(DETAIL, Authorization=bearer(roles=["staff"])).code == 200
    assert process.read(DETAIL).code == 404


def test_a_made_answer_and_a_refused_one_count_once_towards_the_limit(process, settings):
    settings.RATE_ANONYMOUS = "4/h"
    asked = {"X_Forwarded_For": str(uuid4())}

    codes = [process.read(f"/api/v2/products/{slug}/", **asked) for slug in ("blue-mug", "red-mug", "no-mug", "no-cup")]

    assert [each.code for each in codes] == [200, 200, 404, 404]
    assert [each.header("ratelimit").partition(";t")[0] for each in codes] == [
        f'"anonymous";r={left}' for left in (3, 2, 1, 0)
    ]


def test_nothing_is_made_for_who_has_reached_the_limit(process, settings, django_assert_num_queries):
    settings.RATE_ANONYMOUS = "1/h"
    asked = {"X_Forwarded_For": str(uuid4())}
    process.read("/api/v2/products/blue-mug/", **asked)
    present = generation.current()

    with pytest.MonkeyPatch.context() as patch, django_assert_num_queries(0):
        patch.setattr(generation, "current", lambda: present)
        refused = process.read(DETAIL, **asked)

    assert refused.code == 429
    assert refused.header("x-request-id") == ID


def test_a_fault_while_an_answer_is_made_is_djangos_to_tell(process, monkeypatch):
    process.read("/api/v2/products/blue-mug/")

    def fail(**_):
        raise OperationalError("The database went away.")

    monkeypatch.setattr(selectors, "product_get", fail)

    assert process.read(DETAIL).code == 503
    assert process.asked == 2


def test_a_made_answer_takes_one_statement(process, django_assert_num_queries):
    process.read("/api/v2/products/blue-mug/")
    present = generation.current()

    with pytest.MonkeyPatch.context() as patch, django_assert_num_queries(1):
        patch.setattr(generation, "current", lambda: present)
        assert process.read(DETAIL).code == 200
