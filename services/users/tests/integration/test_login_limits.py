"""How often one may try to log in, and that a stranger cannot lock the owner out."""

import secrets

import pytest
import redis
from factories import PASSWORD, UserFactory

from shared.db.models import uuid7
from shared.http.throttles import buckets, clients
from shared.testing.race import together
from users.models import RefreshSession

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def five_an_hour(settings):
    settings.LOGIN_RATE = "5/h"
    buckets.forget_connection()
    yield
    buckets.forget_connection()


def login(api, email, password=PASSWORD, version="v2", **headers):
    return api(version=version).post("auth/login/", {"email": email, "password": password}, **headers)


def unique_address():
    """Return an IPv6 address in a network of its own."""
    digits = secrets.token_hex(16)
    return ":".join(digits[place : place + 4] for place in range(0, 32, 4))


def account():
    """Return a user whose address no earlier run has tried."""
    return UserFactory(email=f"{uuid7()}@shop.example")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_sixth_attempt_of_a_client_is_refused_whatever_account(api, version):
    client = unique_address()

    attempts = [login(api, f"{uuid7()}@shop.example", version=version, X_Forwarded_For=client) for _ in range(6)]

    assert [each.status_code for each in attempts] == [401] * 5 + [429]
    assert 1 <= int(attempts[-1].headers["Retry-After"]) <= 721
    body = attempts[-1].json()
    assert (body["code"] if version == "v2" else body["error"]["code"]) == "throttled"


def test_the_sixth_attempt_on_an_account_is_refused_whatever_client(api):
    email = f"{uuid7()}@shop.example"

    attempts = [login(api, email.upper() if n % 2 else email, X_Forwarded_For=unique_address()) for n in range(6)]

    assert [each.status_code for each in attempts] == [401] * 5 + [429]


def test_a_spoofed_forwarded_address_gains_nothing(api):
    client = unique_address()

    attempts = [login(api, f"{uuid7()}@shop.example", X_Forwarded_For=f"{uuid7()}, {client}") for _ in range(6)]

    assert attempts[-1].status_code == 429


def test_a_client_does_not_gain_anything_from_the_rest_of_its_ipv6_network(api):
    network = unique_address().rsplit(":", 4)[0]

    attempts = [login(api, f"{uuid7()}@shop.example", X_Forwarded_For=f"{network}::{n}") for n in range(6)]

    assert attempts[-1].status_code == 429


def test_two_hundred_addresses_do_not_lock_the_owner_out(api):
    user, home = account(), unique_address()
    addresses = [unique_address() for _ in range(200)]
    assert login(api, user.email, X_Forwarded_For=home).status_code == 200

    statuses = [
        login(api, user.email, "Wrong-Horse-7", X_Forwarded_For=addresses[n % 200]).status_code for n in range(1000)
    ]

    assert statuses.count(401) == 4  # what the owner left of five
    assert statuses.count(401) + statuses.count(429) == 1000
    neighbour = home.rsplit(":", 1)[0] + ":1"
    assert login(api, user.email, X_Forwarded_For=home).status_code == 200
    assert login(api, user.email, X_Forwarded_For=neighbour).status_code == 200
    assert login(api, user.email, X_Forwarded_For=unique_address()).status_code == 429


def test_claiming_the_owners_address_does_not_open_the_owners_share(api):
    user, home, attacker = account(), unique_address(), unique_address()
    login(api, user.email, X_Forwarded_For=home)
    for _ in range(5):
        login(api, user.email, "Wrong-Horse-7", X_Forwarded_For=unique_address())

    spoofed = login(api, user.email, "Wrong-Horse-7", X_Forwarded_For=f"{home}, {attacker}")

    assert spoofed.status_code == 429


def test_a_known_network_is_limited_too(api):
    user, home = account(), f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}."
    login(api, user.email, X_Forwarded_For=f"{home}1")

    attempts = [login(api, user.email, "Wrong-Horse-7", X_Forwarded_For=f"{home}{n + 2}") for n in range(6)]

    assert [each.status_code for each in attempts] == [401] * 5 + [429]


def test_a_failed_login_makes_no_network_known(api):
    email = account().email
    home = unique_address()
    login(api, email, "Wrong-Horse-7", X_Forwarded_For=home)
    for _ in range(4):
        login(api, email, "Wrong-Horse-7", X_Forwarded_For=unique_address())

    assert login(api, email, X_Forwarded_For=home).status_code == 429
    assert not RefreshSession.objects.exists()


def test_a_network_known_at_one_account_is_none_at_another(api):
    home, other = unique_address(), account()
    login(api, account().email, X_Forwarded_For=home)
    for _ in range(5):
        login(api, other.email, "Wrong-Horse-7", X_Forwarded_For=unique_address())

    assert login(api, other.email, X_Forwarded_For=home).status_code == 429


def test_a_reset_can_be_asked_for_while_somebody_guesses(api):
    user = account()
    for _ in range(6):
        login(api, user.email, "Wrong-Horse-7", X_Forwarded_For=unique_address())

    asked = api().post("auth/password/reset/", {"email": user.email}, X_Forwarded_For=unique_address())

    assert asked.status_code == 202


def test_the_account_share_stays_unseen(api):
    user, stranger = account(), f"{uuid7()}@shop.example"

    answers = [login(api, email, "Wrong-Horse-7", X_Forwarded_For=unique_address()) for email in (user.email, stranger)]

    assert len({each["RateLimit"] for each in answers}) == 1
    assert answers[0]["RateLimit-Policy"].endswith('"login";q=5;w=3600')
    assert answers[0]["RateLimit"].endswith('"login";r=4;t=720')


def test_without_the_cache_each_process_keeps_the_limit_by_itself(api, settings):
    settings.CACHE_URL = "redis://127.0.0.1:1/0"
    user, client = account(), unique_address()

    answers = [login(api, user.email, X_Forwarded_For=client).status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]


def test_the_throttles_keys_hold_no_address(api, settings):
    user, client = account(), unique_address()
    login(api, user.email, X_Forwarded_For=client)

    with redis.Redis.from_url(settings.CACHE_URL) as cache:
        names = b" ".join(cache.scan_iter("users:*", count=10_000)).decode()
        marks = list(cache.scan_iter("users:mark:*", count=10_000))
        assert all(0 < cache.ttl(mark) <= 30 * 24 * 3600 for mark in marks)
    assert clients.hashed(clients.client(client)) in names
    assert marks
    assert user.email not in names
    assert client not in names
    assert clients.client(client) not in names


@pytest.mark.django_db(transaction=True)
def test_two_hundred_attempts_at_once_get_exactly_the_limit(api, settings):
    settings.LOGIN_RATE = "10/h"
    client = unique_address()

    def attempt(_):
        return [login(api, f"{uuid7()}@shop.example", X_Forwarded_For=client).status_code for _ in range(5)]

    statuses = [status for some in together(40, attempt) for status in some]

    assert sorted(statuses) == [401] * 10 + [429] * 190
