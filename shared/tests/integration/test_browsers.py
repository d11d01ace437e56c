"""What a browser is told: who may call the API from a page, what an answer may do, who may keep it."""

import uuid

import pytest
from django.test import Client

from shared.settings import browsers
from shared.testing.tokens import token

pytestmark = [pytest.mark.django_db, pytest.mark.urls("notes")]

SHOP = "https://shop.example"
ASKING = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def shop(settings):
    settings.CORS_ALLOWED_ORIGINS = [SHOP]
    settings.CORS_ALLOW_ALL_ORIGINS, settings.CORS_ALLOW_CREDENTIALS = False, True


def get(path="open/", **headers):
    return Client().get(f"/api/v2/{path}", headers={name.replace("_", "-"): value for name, value in headers.items()})


def cors(answer):
    return {name for name in answer.headers if name.lower().startswith("access-control-")}


@pytest.mark.usefixtures("shop")
def test_a_page_of_a_listed_origin_may_call_and_read_our_headers():
    answer = get(Origin=SHOP)

    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert answer["Access-Control-Allow-Credentials"] == "true"
    exposed = answer["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-ID"} <= set(exposed)
    assert "Idempotency-Replayed" in exposed
    assert "origin" in answer["Vary"].lower()


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://shop.example",
        "https://shop.example.evil.example",
        "https://shop.example:8443",
        "null",
        "x",
    ],
)
def test_a_page_of_any_other_origin_gets_no_header(origin):
    answer = get(Origin=origin)
    preflight = Client().options("/api/v2/notes/", headers={"Origin": origin, **ASKING})

    assert (cors(answer), cors(preflight)) == (set(), set())


@pytest.mark.usefixtures("shop")
def test_a_refusal_can_be_read_by_the_page_too():
    answer = get("notes/", Origin=SHOP, Authorization="Bearer wrong")

    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (401, SHOP)


@pytest.mark.usefixtures("shop")
def test_a_preflight_is_answered_without_the_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = Client().options("/api/v2/notes/", headers={"Origin": SHOP, **ASKING})

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert answer["Access-Control-Max-Age"] == "3600"
    assert {"PATCH", "PUT", "DELETE"} <= set(answer["Access-Control-Allow-Methods"].split(", "))
    sent = set(answer["Access-Control-Allow-Headers"].split(", "))
    assert sent == set(browsers.SENT)
    assert {"authorization", "idempotency-key", "if-match", "if-none-match", "prefer", "content-type"} <= sent
    assert "RateLimit" not in answer.headers


def test_no_origin_is_listed_by_default(settings):
    settings.CORS_ALLOW_ALL_ORIGINS = False

    assert settings.CORS_ALLOWED_ORIGINS == []
    assert cors(get(Origin=SHOP)) == set()


def test_an_answer_may_do_nothing_in_a_browser():
    for answer in (get(), get("nowhere/"), get("notes/")):
        assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_nobody_keeps_an_answer_to_somebody():
    known = {"Authorization": f"Bearer {token(uuid.uuid4())}"}

    assert get(**known)["Cache-Control"] == get("notes/", **known)["Cache-Control"] == "no-store"
    assert get(Authorization="Bearer wrong")["Cache-Control"] == "no-store"
    assert "Cache-Control" not in get().headers


def test_what_a_view_has_set_stays():
    answer = get("page/", Authorization=f"Bearer {token(uuid.uuid4())}")

    assert answer["Content-Security-Policy"] == "default-src 'self'"
    assert answer["Cache-Control"] == "private, max-age=60"
