"""Ready answers in Valkey: made once for all processes, right whatever Valkey does (decision record 13)."""

import socket
import time
from dataclasses import replace
from decimal import Decimal

import pytest
import redis
from factories import ProductFactory
from reading import outcomes, read, since

from catalog import services, wsgi
from shared.http.ready import distant, generation, layer
from shared.testing.race import together

pytestmark = pytest.mark.django_db(transaction=True)

DETAIL = "/api/v2/products/red-mug/"


@pytest.fixture(autouse=True)
def mug():
    return ProductFactory(sku="M-1", name="Red Mug", slug="red-mug", price=Decimal("9.99"), stock=5)


@pytest.fixture
def valkey(settings):
    with redis.Redis.from_url(settings.CACHE_URL) as client:
        client.delete("none", *client.keys("catalog:ready:*"))
        yield client


class Lasting:
    """A client of Valkey whose keys live long: that clock a test cannot stop."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        return getattr(self._client, name)

    def set(self, *given, px, **options):
        return self._client.set(*given, px=px * 1000, **options)


@pytest.fixture(autouse=True)
def clock(still, monkeypatch):
    connected = distant._connected
    monkeypatch.setattr(distant, "_connected", lambda: Lasting(connected()))
    return still


@pytest.fixture
def outdate(clock):
    """Let the time of all answers in memory be over; what is asked for again may be another process's."""

    def end():
        for key, answer in [*layer.kept._kept.items()]:
            layer.kept.put(key, replace(answer, until=clock.now))

    return end


@pytest.fixture
def asked_twice(outdate):
    """Return the answer that a process has made at the second time, when it gives it to the others."""

    def ask(target=DETAIL):
        read(target)
        outdate()
        return read(target)

    return ask


def names(valkey):
    return [each for each in valkey.keys("catalog:ready:*") if not each.endswith(b":lease")]


def test_what_is_asked_for_once_is_not_given_to_the_others(valkey):
    read(DETAIL)

    assert valkey.keys("catalog:ready:*") == []


def test_what_is_asked_for_now_and_then_is_not_given_to_the_others(valkey, monkeypatch, asked_twice):
    monkeypatch.setattr(layer, "_LATELY", 0.0)
    asked_twice()

    assert valkey.keys("catalog:ready:*") == []


def test_what_one_process_made_another_gives(valkey, asked_twice, outdate):
    made = asked_twice()
    outdate()  # as in another process
    before = outcomes()

    given = read(DETAIL)

    assert {**dict(given.headers), "ratelimit": ""} == {**dict(made.headers), "ratelimit": ""}
    assert given.body == made.body
    assert since(before) == {"hit": 1}


def test_processes_that_ask_at_once_make_one_answer(clock, monkeypatch, outdate):
    monkeypatch.setattr(clock, "sleep", time.sleep)  # others need time
    monkeypatch.setattr(distant, "_LOOKS", 6000)
    apart = [layer.ReadyAnswers(wsgi.django, "/api/") for _ in range(8)]
    read(DETAIL)
    outdate()
    generation.current()
    before = outcomes()

    given = together(8, lambda number: read(DETAIL, application=apart[number]).code)

    assert given == [200] * 8
    assert since(before) == {"stale": 1, "hit": 7}


def test_a_maker_that_died_is_not_waited_for_long(valkey, outdate, clock):
    read(DETAIL)
    outdate()
    present = generation.current()
    key = f"http   {DETAIL} "
    valkey.set(distant._name(key, present) + ":lease", 1)
    begun = clock.now

    assert read(DETAIL).code == 200
    assert clock.now - begun == pytest.approx(0.1)
    assert names(valkey) == [distant._name(key, present).encode()]


def test_valkey_cannot_lengthen_the_time_of_an_answer(valkey, asked_twice, clock):
    asked_twice()
    (name,) = names(valkey)
    valkey.persist(name)  # as if its time had stood still
    clock.sleep(1)
    before = outcomes()

    assert read(DETAIL).code == 200
    assert since(before) == {"stale": 1}


def test_an_answer_of_an_older_generation_is_not_found(valkey, asked_twice):
    asked_twice()
    services.product_update(key="red-mug", changes={"name": "Scarlet"})

    assert b"Scarlet" in read(DETAIL).body
    assert len(names(valkey)) == 2


@pytest.mark.parametrize("stored", [b"", b"nonsense", b"[1]\nbody", b'{"a":1}\nbody'])
def test_what_is_no_answer_in_valkey_is_not_given(valkey, stored, asked_twice, outdate):
    made = asked_twice().body
    (name,) = names(valkey)
    valkey.set(name, stored)
    outdate()

    assert read(DETAIL).body == made


def test_what_is_not_there_any_more_leaves_no_lease(valkey):
    read(DETAIL)
    services.product_deactivate(key="red-mug")

    assert read(DETAIL).code == 404
    assert valkey.keys("catalog:ready:*") == []


@pytest.fixture
def frozen(settings, monkeypatch):
    """Put a Valkey in place that takes connections and never says a word."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        settings.CACHE_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        settings.RATE_ANONYMOUS = "off"
        monkeypatch.setattr(distant, "_PATIENCE", 0.03)
        layer.forget()
        yield


@pytest.mark.usefixtures("frozen")
def test_a_frozen_valkey_costs_one_read_a_second_its_patience(clock):
    before, faults = outcomes(), []

    for number in range(20):
        if number == 10:
            clock.sleep(1)
        services.stock_set(key="red-mug", on_hand=100 + number)
        assert f'"available":{100 + number},'.encode() in read(DETAIL).body
        faults.append(since(before).get("fault", 0))

    assert faults == [0] + [1] * 9 + [2] * 10  # what is asked for once is nobody else's business


def test_without_a_valkey_answers_are_ready_all_the_same(settings, outdate):
    settings.CACHE_URL, settings.RATE_ANONYMOUS = "redis://127.0.0.1:1/0", "off"
    layer.forget()
    read(DETAIL)
    outdate()
    before = outcomes()

    assert [read(DETAIL).code for _ in range(5)] == [200] * 5
    assert since(before) == {"stale": 1, "hit": 4, "fault": 1}
