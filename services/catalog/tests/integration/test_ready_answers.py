"""Ready answers: the same as Django's, to whomever they are given (decision record 13)."""

import logging
import time
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from factories import CategoryFactory, ProductFactory
from reading import DETAIL, ID, LIST, REQUESTS, bearer, outcomes, read, since

from catalog import wsgi
from catalog.models import Product
from shared.auth import subjects
from shared.db.models import uuid7
from shared.events.contracts import SessionRevoked
from shared.http.ready import generation
from shared.http.throttles import buckets
from shared.testing.events import deliver
from shared.testing.race import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("still")]


@pytest.fixture
def mug():
    mugs = CategoryFactory(slug="mugs", name="Mugs")
    return ProductFactory(sku="M-1", name="Red Mug", slug="red-mug", category=mugs, price=Decimal("9.99"), stock=5)


def django(target, **asked):
    return read(target, application=wsgi.django, **asked)


@pytest.mark.parametrize(("target", "asked"), REQUESTS)
def test_miss_hit_and_django_alone_answer_the_same(mug, settings, target, asked):
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    settings.RATE_ANONYMOUS = settings.RATE_USER = "off"
    ProductFactory(name="Blue Mug")
    asked = {**asked, "Authorization": bearer()} if "Authorization" in asked else asked
    before = outcomes()

    alone, miss, hit = django(target, **asked), read(target, **asked), read(target, **asked)

    if asked.get("method") == "HEAD":  # the server leaves out what Django gives it
        assert hit.body == b""
        assert alone.headers == hit.headers
        alone, miss = (type(hit)(each.status, each.headers, b"") for each in (alone, miss))
    assert miss == alone
    assert hit == alone
    assert hit.code in {200, 304}
    assert since(before) == {"miss": 1, "hit": 1}
    assert hit.header("x-request-id") == ID


def test_one_answer_is_not_given_for_another(mug, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    settings.RATE_ANONYMOUS = settings.RATE_USER = "off"
    asked = [({**each, "Authorization": bearer()} if "Authorization" in each else each) for _, each in REQUESTS]
    every = [(target, each) for (target, _), each in zip(REQUESTS, asked, strict=True) if "method" not in each]

    alone = [django(target, **each) for target, each in every]

    for _ in range(2):
        assert [read(target, **each) for target, each in every] == alone


@pytest.mark.parametrize(
    ("target", "asked", "code"),
    [
        (DETAIL, {"Accept": "text/html"}, 406),
        (DETAIL, {"Authorization": "Bearer nonsense"}, 401),
        (DETAIL, {"Authorization": "Basic eDp5"}, 401),
        (DETAIL + "?unknown=1", {}, 400),
        (LIST + "?limit=many", {}, 400),
        ("/api/v2/products/blue-mug/", {}, 404),
        (DETAIL, {"method": "DELETE"}, 401),
        (DETAIL, {"Origin": "https://elsewhere.example"}, 200),
        (DETAIL, {"API_Version": "v1"}, 200),
        ("/api/products/red-mug/", {"API_Version": "v1"}, 200),
    ],
)
def test_what_is_not_surely_the_same_is_answered_by_django(mug, settings, target, asked, code):
    settings.RATE_ANONYMOUS = settings.RATE_USER = "off"
    read(DETAIL)
    read(DETAIL)
    before = outcomes()

    first, second, alone = read(target, **asked), read(target, **asked), django(target, **asked)

    assert first.code == second.code == alone.code == code
    assert (first.headers, first.body) == (second.headers, second.body) == (alone.headers, alone.body)
    assert "hit" not in since(before)


def test_staff_reads_the_database_and_leaves_nothing_for_others(mug):
    Product.objects.filter(id=mug.id).update(is_active=False)
    before = outcomes()

    assert [read(DETAIL, Authorization=bearer(roles=["staff"])).code for _ in range(2)] == [200, 200]
    assert read(DETAIL).code == 404
    assert since(before) == {"bypass": 2, "miss": 1}


def test_fifty_who_ask_at_once_cause_one_answer(mug):
    generation.current()
    before = outcomes()

    given = together(50, lambda _: read(DETAIL))

    assert {each.code for each in given} == {200}
    assert since(before) == {"miss": 1, "hit": 49}


def test_the_tag_of_a_ready_answer_guards_a_change(mug, api):
    tag = [read(DETAIL) for _ in range(2)][1].header("etag")
    staff = api(uuid4(), roles=["staff"])

    first = staff.patch("products/red-mug/", {"name": "Scarlet"}, If_Match=tag)
    second = staff.patch("products/red-mug/", {"name": "Crimson"}, If_Match=tag)

    assert (first.status_code, second.status_code) == (200, 412)
    assert b"Scarlet" in read(DETAIL).body


def test_a_revoked_token_is_refused_where_an_answer_is_ready(mug):
    user, session = uuid7(), uuid7()
    customer = bearer(user, sid=str(session))
    assert [read(DETAIL, Authorization=customer).code for _ in range(2)] == [200, 200]

    deliver(SessionRevoked(session_id=session, user_id=user))
    subjects.forget_cache()

    assert read(DETAIL, Authorization=customer).code == 401
    assert read(DETAIL).code == 200


def test_an_expired_token_is_refused_where_an_answer_is_ready(mug):
    read(DETAIL)
    now = int(time.time())

    assert read(DETAIL, Authorization=bearer(exp=now - 60, iat=now - 960)).code == 401


@pytest.mark.parametrize("known", [False, True])
def test_a_ready_answer_counts_towards_the_limit(mug, settings, known):
    settings.RATE_ANONYMOUS = settings.RATE_USER = "3/h"
    asked = {"Authorization": bearer()} if known else {"X_Forwarded_For": str(uuid4())}

    given = [read(DETAIL, **asked) for _ in range(5)]

    assert [each.code for each in given] == [200, 200, 200, 429, 429]
    name = "user" if known else "anonymous"
    assert [each.header("ratelimit").partition(";t")[0] for each in given[:3]] == [
        f'"{name}";r={left}' for left in (2, 1, 0)
    ]
    assert given[1].header("ratelimit-policy") == f'"{name}";q=3;w=3600'
    assert given[3].header("retry-after")
    assert given[4].header("x-request-id") == ID


def test_a_hit_needs_no_query(mug, django_assert_num_queries):
    read(DETAIL)
    generation._believed = (time.monotonic() + 60, generation.current())

    with django_assert_num_queries(0):
        assert read(DETAIL).code == 200


def test_without_the_generation_django_answers(mug, monkeypatch):
    read(DETAIL)
    before = outcomes()
    generation.forget()
    monkeypatch.setattr(generation, "_READ", "SELECT no_such_column FROM ready_generation")

    assert [read(DETAIL).code for _ in range(3)] == [200] * 3
    assert since(before) == {"fault": 3}


def test_a_hit_is_logged_and_measured_as_a_request(mug, caplog):
    trace = uuid4().hex
    user = uuid4()
    asked = {"Authorization": bearer(user), "User_Agent": "curl", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    with caplog.at_level(logging.INFO, logger="shared.http.access"):
        read("/api/v1/products/red-mug/", **asked)
        read("/api/v1/products/red-mug/", **asked)

    miss, hit = (vars(record) for record in caplog.records if record.message == "request")
    for name in ("method", "path", "route", "status", "bytes", "client", "agent"):
        assert hit[name] == miss[name]
    assert (hit["trace_id"], hit["request_id"], hit["user_id"]) == (trace, ID, str(user))
    assert hit["route"] == "/api/v1/products/<str:key>/"


def test_the_connection_is_whole_after_reads(mug):
    read(DETAIL, Authorization=bearer())
    read(DETAIL, Authorization=bearer())

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.fixture(autouse=True)
def limits_anew():
    buckets.forget_connection()
