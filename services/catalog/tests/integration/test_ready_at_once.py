"""What the server's loop gives without waiting: only what is surely at hand, and the same (decision record 13)."""

import time
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from factories import CategoryFactory, ProductFactory
from reading import DETAIL, LIST, REQUESTS, at_once, bearer, environment, outcomes, read, since

from catalog import services, wsgi
from shared.auth import subjects
from shared.db.models import uuid7
from shared.events.contracts import SessionRevoked
from shared.health.wsgi import Service
from shared.http.ready import generation, layer
from shared.testing.events import deliver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def mug(settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    settings.RATE_ANONYMOUS = settings.RATE_USER = "off"
    mugs = CategoryFactory(slug="mugs", name="Mugs")
    return ProductFactory(sku="M-1", name="Red Mug", slug="red-mug", category=mugs, price=Decimal("9.99"), stock=5)


def believe():
    """Let the process be sure for a minute of all it knows: what is kept, its generation, and who is revoked."""
    later = time.monotonic() + 60
    generation._believed = (later, generation.current())
    subjects._read_at = later
    for key, answer in list(layer.kept._kept.items()):
        layer.kept.put(key, replace(answer, until=later))


@pytest.mark.parametrize(("target", "asked"), REQUESTS)
def test_what_is_at_hand_is_given_as_it_would_be_after_waiting(django_assert_num_queries, target, asked):
    asked = {**asked, "Authorization": bearer()} if "Authorization" in asked else asked
    read(target, **asked)
    believe()
    hit = read(target, **asked)
    before = outcomes()

    with django_assert_num_queries(0):
        given = at_once(target, **asked)

    assert given == hit
    assert given.code in {200, 304}
    assert since(before) == {"hit": 1}


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        ("/api/v2/products/blue-mug/", {}),
        (LIST, {}),
        (DETAIL + "?unknown=1", {}),
        (DETAIL, {"method": "DELETE"}),
        (DETAIL, {"Accept": "text/html"}),
        (DETAIL, {"API_Version": "v1"}),
        (DETAIL, {"Origin": "https://shop.example"}),
        (DETAIL, {"Authorization": ""}),
        (DETAIL, {"Authorization": "Bearer"}),
        (DETAIL, {"Authorization": "Bearer nonsense"}),
        (DETAIL, {"Authorization": bearer()}),
        (DETAIL, {"Authorization": bearer(roles=["staff"])}),
        ("/api/docs/", {}),
        ("/livez", {}),
    ],
)
def test_what_is_not_at_hand_is_left_to_who_may_wait(django_assert_num_queries, target, asked):
    read(DETAIL)
    believe()
    before = outcomes()

    with django_assert_num_queries(0):
        assert at_once(target, **asked) is None

    assert since(before) == {}
    assert at_once(DETAIL) is not None


@pytest.mark.parametrize("scheme", ["", "bearer ", "Basic ", "Bearer  "])
def test_a_known_token_in_another_scheme_is_left_to_django(scheme):
    customer = bearer()
    read(DETAIL, Authorization=customer)
    believe()
    assert at_once(DETAIL, Authorization=customer) is not None

    assert at_once(DETAIL, Authorization=scheme + customer.removeprefix("Bearer ")) is None


def test_staff_is_left_to_django_though_its_token_is_known():
    staff = bearer(roles=["staff"])
    assert [read(DETAIL, Authorization=staff).code, read(DETAIL).code] == [200, 200]
    believe()

    assert at_once(DETAIL, Authorization=staff) is None


def test_a_revoked_token_is_not_at_hand_nor_is_one_of_which_that_must_be_asked():
    user, session = uuid7(), uuid7()
    customer, another = bearer(user, sid=str(session)), bearer()
    read(DETAIL, Authorization=customer)
    read(DETAIL, Authorization=another)
    believe()
    given = at_once(DETAIL, Authorization=customer).code

    deliver(SessionRevoked(session_id=session, user_id=user))
    subjects.forget_cache()
    unasked = [at_once(DETAIL, Authorization=each) for each in (customer, another)]
    read(DETAIL, Authorization=another)
    believe()

    assert given == 200
    assert unasked == [None, None]
    assert at_once(DETAIL, Authorization=customer) is None
    assert at_once(DETAIL, Authorization=another).code == 200


def test_a_token_is_verified_again_after_its_end():
    now = int(time.time())
    ended = bearer(iat=now - 900, exp=now - 1)  # clocks may differ by half a minute
    read(DETAIL, Authorization=ended)
    believe()

    assert at_once(DETAIL, Authorization=ended) is None
    assert at_once(DETAIL) is not None


@pytest.mark.parametrize("known", [False, True])
def test_who_is_limited_is_left_to_who_may_ask_valkey(settings, known):
    customer = {"Authorization": bearer()} if known else {}
    read(DETAIL, **customer)
    believe()
    setattr(settings, "RATE_USER" if known else "RATE_ANONYMOUS", "100/h")

    assert at_once(DETAIL, **customer) is None


def test_nothing_is_at_hand_when_the_generation_must_be_asked_for():
    read(DETAIL)
    believe()
    assert at_once(DETAIL) is not None

    for left in (generation._EARLY_SECONDS, 0.0, -1.0):
        generation._believed = (time.monotonic() + left, generation._believed[1])
        assert at_once(DETAIL) is None


def test_nothing_old_is_at_hand_after_a_change():
    read(DETAIL)
    services.product_update(key="red-mug", changes={"name": "Blue Mug"})
    believe()

    assert at_once(DETAIL) is None
    assert b"Blue Mug" in read(DETAIL).body
    assert b"Blue Mug" in at_once(DETAIL).body


def test_an_answer_is_not_at_hand_beyond_its_time():
    read(DETAIL)
    believe()
    assert at_once(DETAIL) is not None
    ((key, answer),) = layer.kept._kept.items()

    layer.kept.put(key, replace(answer, until=time.monotonic()))

    assert at_once(DETAIL) is None


def test_the_management_port_has_nothing_at_hand(monkeypatch):
    read(DETAIL)
    believe()
    monkeypatch.setenv("MANAGEMENT_BIND", "127.0.0.1:80")

    assert at_once(DETAIL) is not None
    assert Service(wsgi.application).at_once(environment(DETAIL)) is None


def test_a_service_without_anything_ready_says_so():
    assert Service(wsgi.django).at_once is None


def test_each_caller_has_its_own_request_id():
    read(DETAIL)
    believe()
    ids = [str(uuid4()) for _ in range(3)]

    assert [at_once(DETAIL, X_Request_ID=each).header("x-request-id") for each in ids] == ids
