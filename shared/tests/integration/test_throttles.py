"""Rate limits: exact under races, told in headers, and kept by each process alone while Valkey is away."""

import socket
import time
import uuid

import pytest
import redis
from django.test import Client

from shared import metrics
from shared.http.throttles import buckets, clients, local
from shared.http.throttles.buckets import Bucket, take
from shared.http.throttles.rates import Rate
from shared.testing.race import together
from shared.testing.tokens import token

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("notes")]


@pytest.fixture(autouse=True)
def fresh_connection():
    buckets.forget_connection()
    yield
    buckets.forget_connection()


@pytest.fixture
def away(settings):
    settings.CACHE_URL = "redis://127.0.0.1:1/0"


def bucket(rate, key=None, policy="test"):
    return Bucket(policy=policy, key=key or str(uuid.uuid4()), rate=Rate.parse(rate))


def waits(*taken):
    return [level.wait for level in take(taken)]


def test_of_two_hundred_requests_at_once_exactly_the_limit_passes():
    one = bucket("10/h")

    pairs = together(100, lambda _: [waits(one)[0] for _ in range(2)])

    flat = [wait for pair in pairs for wait in pair]
    assert sum(wait == 0 for wait in flat) == 10
    assert all(0 < wait <= 360.1 for wait in flat if wait)


def test_a_refused_request_costs_no_further_waiting():
    one = bucket("1/min")
    waits(one)

    first, *_, last = [waits(one)[0] for _ in range(20)]

    assert first >= last > 55


def test_a_request_is_charged_to_all_its_buckets_or_to_none():
    wide, narrow = bucket("5/h"), bucket("1/h")
    assert waits(wide, narrow) == [0, 0]

    refused = take([wide, narrow])

    assert [level.wait > 0 for level in refused] == [False, True]
    assert [level.remaining for level in refused] == [4, 0]
    assert take([wide])[0].remaining == 3


@pytest.mark.usefixtures("away")
def test_the_net_counts_as_the_script_does():
    wide, narrow = bucket("5/h"), bucket("1/h")
    assert waits(wide, narrow) == [0, 0]

    refused = take([wide, narrow])

    assert [level.wait > 0 for level in refused] == [False, True]
    assert [level.remaining for level in refused] == [4, 0]
    assert take([wide])[0].remaining == 3


def test_a_bucket_fills_again():
    one = bucket("2/s")
    assert [waits(one)[0] == 0 for _ in range(3)] == [True, True, False]

    time.sleep(0.55)

    assert [waits(one)[0] == 0 for _ in range(2)] == [True, False]


def test_ten_million_an_hour_are_counted_exactly():
    level = [take([bucket("10000000/h", "many")])[0] for _ in range(50)][-1]

    assert level.wait == 0
    assert level.bucket.rate.count - 50 <= level.remaining <= level.bucket.rate.count


@pytest.mark.usefixtures("away")
def test_without_valkey_each_process_limits_by_itself_and_counts_it():
    before = metrics.THROTTLE_FAULTS._value.get()
    one = bucket("2/h")

    assert [waits(one)[0] == 0 for _ in range(4)] == [True, True, False, False]
    assert metrics.THROTTLE_FAULTS._value.get() == before + 4


@pytest.mark.usefixtures("away")
def test_the_net_holds_under_a_race_too():
    one = bucket("10/h")

    assert sum(found == [0] for found in together(50, lambda _: waits(one))) == 10


def test_the_net_is_bounded(monkeypatch):
    monkeypatch.setattr(local, "_LARGEST", 3)

    for number in range(9):
        local.charge([str(number)], [(1.0, 1)])

    assert list(local._arrivals) == ["6", "7", "8"]


def test_a_valkey_that_hangs_costs_its_patience_once_a_second(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.CACHE_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        started = time.perf_counter()
        for _ in range(50):
            waits(bucket("1/h"))
        took = time.perf_counter() - started

    assert 0.24 < took < 0.9


def test_a_valkey_that_comes_back_is_asked_again(settings, monkeypatch):
    good, settings.CACHE_URL = settings.CACHE_URL, "redis://127.0.0.1:1/0"
    monkeypatch.setattr(buckets, "_PAUSE", 0.05)
    one = bucket("5/h")
    waits(one)
    settings.CACHE_URL = good
    before = metrics.THROTTLE_FAULTS._value.get()

    time.sleep(0.06)

    assert take([one])[0].remaining == 4
    assert metrics.THROTTLE_FAULTS._value.get() == before


def test_a_connection_that_was_lost_is_made_anew_and_charges_once():
    one, before = bucket("5/h"), metrics.THROTTLE_FAULTS._value.get()
    waits(one)

    buckets._client().connection._sock.shutdown(socket.SHUT_RDWR)

    assert take([one])[0].remaining == 3
    assert metrics.THROTTLE_FAULTS._value.get() == before


@pytest.mark.parametrize(
    ("address", "client", "network"),
    [
        ("192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1:2::/64"),
        ("[2001:db8::1]", "2001:db8::/64", "2001:db8::/64"),
        ("::ffff:192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
        ("::1", "::/64", "::/64"),
        ("unix", "unix", "unix"),
    ],
)
def test_an_address_belongs_to_a_client_and_a_network(address, client, network):
    assert (clients.client(address), clients.network(address)) == (client, network)
    assert address not in clients.hashed(address)


@pytest.fixture
def limited(settings):
    settings.RATE_ANONYMOUS, settings.RATE_USER = "2/h", "3/h"


def anonymous(client, path="/api/v2/open/", **headers):
    return Client().get(path, headers={"X-Forwarded-For": client, **headers})


def unique():
    return f"client-{uuid.uuid4()}"


@pytest.mark.usefixtures("limited")
def test_every_view_limits_anonymous_clients_by_address():
    client = unique()

    answers = [anonymous(client) for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 429]
    refused = answers[-1]
    assert refused.json()["code"] == "throttled"
    assert refused["Content-Type"] == "application/problem+json"
    assert 1790 <= int(refused["Retry-After"]) <= 1801
    assert anonymous(unique()).status_code == 200
    assert anonymous(client, "/api/v1/open/").json()["error"]["code"] == "throttled"


@pytest.mark.usefixtures("limited")
def test_an_address_that_a_client_claims_gains_it_nothing():
    client = unique()

    answers = [anonymous(f"{unique()}, {client}") for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 429]


@pytest.mark.usefixtures("limited")
def test_a_known_user_is_limited_as_such_wherever_it_comes_from():
    bearer = {"Authorization": f"Bearer {token(uuid.uuid4())}"}

    answers = [anonymous(unique(), **bearer) for _ in range(4)]

    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert anonymous(unique(), Authorization=f"Bearer {token(uuid.uuid4())}").status_code == 200


@pytest.mark.usefixtures("limited")
def test_every_answer_tells_the_limit_and_what_is_left_of_it():
    client = unique()

    first, second, refused = (anonymous(client) for _ in range(3))

    assert {each["RateLimit-Policy"] for each in (first, second, refused)} == {'"anonymous";q=2;w=3600'}
    assert first["RateLimit"] == '"anonymous";r=1;t=1800'
    assert second["RateLimit"] == refused["RateLimit"] == '"anonymous";r=0;t=3600'


def test_where_the_rate_is_off_nobody_is_asked(settings, monkeypatch):
    settings.RATE_ANONYMOUS = settings.RATE_USER = "off"
    monkeypatch.setattr(buckets, "_charged", None)

    answer = anonymous(unique())

    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers


@pytest.mark.usefixtures("limited", "away")
def test_without_valkey_requests_pass_up_to_the_limit_of_the_process():
    client = unique()

    assert [anonymous(client).status_code for _ in range(3)] == [200, 200, 429]


def test_all_buckets_of_a_request_take_one_round_trip(monkeypatch):
    waits(bucket("1/h"))
    asked = []
    real = redis.Redis.execute_command
    monkeypatch.setattr(redis.Redis, "execute_command", lambda *given: asked.append(given[1]) or real(*given))

    waits(bucket("1/h"), bucket("2/h"), bucket("3/h"))

    assert asked == ["EVALSHA"]


def test_a_valkey_that_has_forgotten_the_script_is_taught_again(settings):
    waits(bucket("1/h"))
    before = metrics.THROTTLE_FAULTS._value.get()
    with redis.Redis.from_url(settings.CACHE_URL) as cache:
        cache.script_flush()

    one = bucket("1/h")

    assert [waits(one)[0] == 0 for _ in range(2)] == [True, False]
    assert metrics.THROTTLE_FAULTS._value.get() == before


def test_keys_hold_no_address(settings, limited):
    client = unique()
    anonymous(client)

    with redis.Redis.from_url(settings.CACHE_URL) as cache:
        names = b" ".join(cache.scan_iter("shared:rate:*", count=10_000)).decode()
    assert f"client:{clients.hashed(client)}" in names
    assert client not in names
