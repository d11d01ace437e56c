"""Rate limits while Valkey is away, hangs or comes back: kept by each process alone, and it is asked once a second."""

import socket

import pytest
import redis
from limiting import anonymous, bucket, charged_to_all_or_to_none, unique, waits

from shared import metrics
from shared.http.throttles import buckets, local
from shared.http.throttles.buckets import take
from shared.testing.clock import Clock
from shared.testing.race import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("notes")]


@pytest.fixture(autouse=True)
def fresh_connection():
    buckets.forget_connection()
    yield
    buckets.forget_connection()


@pytest.fixture
def away(settings):
    settings.CACHE_URL = "redis://127.0.0.1:1/0"


@pytest.fixture
def limited(settings):
    settings.RATE_ANONYMOUS, settings.RATE_USER = "2/h", "3/h"


@pytest.mark.usefixtures("away")
def test_the_net_counts_as_the_script_does():
    charged_to_all_or_to_none()


@pytest.fixture
def clock_of_the_net(monkeypatch):
    moved = Clock()
    monkeypatch.setattr(local, "time", moved)
    return moved


@pytest.mark.usefixtures("away")
def test_a_bucket_of_the_net_fills_again(clock_of_the_net):
    one = bucket("2/h")
    assert [waits(one)[0] for _ in range(3)] == [0, 0, 1800]

    clock_of_the_net.sleep(1800)

    assert [waits(one)[0] for _ in range(2)] == [0, 1800]


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


@pytest.fixture
def clock_of_buckets(monkeypatch):
    moved = Clock()
    monkeypatch.setattr(buckets, "time", moved)
    return moved


def test_a_valkey_that_hangs_costs_its_patience_once_a_second(settings, monkeypatch, clock_of_buckets):
    monkeypatch.setattr(buckets, "_PATIENCE", 0.05)
    before, tries, connected = metrics.THROTTLE_FAULTS._value.get(), [], buckets._connected
    monkeypatch.setattr(buckets, "_connected", lambda: tries.append(1) or connected())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.CACHE_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        tried = []
        for _ in range(3):
            for _ in range(50):
                waits(bucket("1/h"))
            tried.append(len(tries))
            clock_of_buckets.sleep(1)

    assert tried == [1, 2, 3]
    assert metrics.THROTTLE_FAULTS._value.get() == before + 150


def test_a_valkey_that_comes_back_is_asked_again(settings, clock_of_buckets):
    good, settings.CACHE_URL = settings.CACHE_URL, "redis://127.0.0.1:1/0"
    one = bucket("5/h")
    waits(one)
    settings.CACHE_URL = good
    before = metrics.THROTTLE_FAULTS._value.get()

    clock_of_buckets.sleep(1)

    assert take([one])[0].remaining == 4
    assert metrics.THROTTLE_FAULTS._value.get() == before


def test_a_connection_that_was_lost_is_made_anew_and_charges_once():
    one, before = bucket("5/h"), metrics.THROTTLE_FAULTS._value.get()
    waits(one)

    buckets._client().connection._sock.shutdown(socket.SHUT_RDWR)

    assert take([one])[0].remaining == 3
    assert metrics.THROTTLE_FAULTS._value.get() == before


@pytest.mark.usefixtures("limited", "away", "clock_of_the_net")
def test_the_limit_is_told_to_the_second():
    client = unique()

    assert [anonymous(client)["RateLimit"] for _ in range(3)] == [
        '"anonymous";r=1;t=1800',
        '"anonymous";r=0;t=3600',
        '"anonymous";r=0;t=3600',
    ]


@pytest.mark.usefixtures("limited", "away")
def test_without_valkey_requests_pass_up_to_the_limit_of_the_process():
    client = unique()

    assert [anonymous(client).status_code for _ in range(3)] == [200, 200, 429]


def test_a_valkey_that_has_forgotten_the_script_is_taught_again(settings):
    waits(bucket("1/h"))
    before = metrics.THROTTLE_FAULTS._value.get()
    with redis.Redis.from_url(settings.CACHE_URL) as cache:
        cache.script_flush()

    one = bucket("1/h")

    assert [waits(one)[0] == 0 for _ in range(2)] == [True, False]
    assert metrics.THROTTLE_FAULTS._value.get() == before
