"""Verifying keys come from users over HTTP, sparingly, and go on serving for a while when it is down."""

import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.auth import keys, tokens
from shared.db.models import uuid7
from shared.errors import TokenNotValid, Unavailable
from shared.testing import tokens as signing
from shared.testing.race import together


class Source:
    """A JWKS endpoint over HTTP that can fail, wait, drip, lie, and counts who is there at once."""

    def __init__(self):
        self.visits = self.present = self.most = 0
        self.status = 200
        self.body = json.dumps(signing.jwks()).encode()
        self.wait = self.drip = 0.0
        self.headers = {"Location": "/elsewhere"}
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                with outer.lock:
                    outer.visits += 1
                    outer.present += 1
                    outer.most = max(outer.most, outer.present)
                try:
                    outer.answer(self)
                except OSError:
                    pass  # the asker has lost its patience
                finally:
                    with outer.lock:
                        outer.present -= 1

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, handler):
        self.stopped.wait(self.wait)
        handler.send_response(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        for start in range(0, len(self.body), 10 if self.drip else 10_000_000):
            handler.wfile.write(self.body[start:][: 10 if self.drip else None])
            handler.wfile.flush()
            if self.stopped.wait(self.drip):
                return


@pytest.fixture
def source(settings):
    found = Source()
    settings.JWKS_PROVIDER = None
    settings.JWKS_URL = f"http://127.0.0.1:{found.server.server_port}/jwks.json"
    yield found
    found.stopped.set()
    found.server.shutdown()
    found.server.server_close()


class Clock:
    def __init__(self):
        self.ahead = 0.0

    def __call__(self):
        return 1000.0 + self.ahead


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cache(source, clock):
    return keys.Keys(keys.fetched, clock)


def test_keys_are_fetched_once_in_five_minutes(source, cache, clock):
    assert [cache.key(signing.KID) is not None for _ in range(5)] == [True] * 5
    assert source.visits == 1

    clock.ahead = 299
    cache.key(signing.KID)
    assert source.visits == 1

    clock.ahead = 301
    assert cache.key(signing.KID) is not None
    assert source.visits == 2


def test_an_unknown_kid_asks_again_at_most_every_thirty_seconds(source, cache, clock):
    cache.key(signing.KID)
    assert [cache.key(f"unknown-{number}") for number in range(10)] == [None] * 10
    assert source.visits == 1

    clock.ahead = 31
    assert [cache.key(f"unknown-{number}") for number in range(10)] == [None] * 10
    assert source.visits == 2


def test_twenty_threads_with_unknown_kids_ask_once(source, cache, clock):
    cache.key(signing.KID)
    clock.ahead = 31
    source.wait = 0.2

    found = together(20, lambda number: cache.key(f"unknown-{number}"))

    assert found == [None] * 20
    assert (source.visits, source.most) == (2, 1)


def test_twenty_threads_of_a_new_process_wait_for_one_request(source, cache):
    source.wait = 0.3

    found = together(20, lambda _: cache.key(signing.KID) is not None)

    assert found == [True] * 20
    assert (source.visits, source.most) == (1, 1)


def test_a_new_key_is_found_when_a_token_names_it(source, cache, clock):
    cache.key(signing.KID)
    source.body = json.dumps({"keys": [{**signing.jwks()["keys"][0], "kid": "next"}]}).encode()
    clock.ahead = 31

    assert cache.key("next") is not None
    assert cache.key(signing.KID) is None


def test_stale_keys_serve_for_an_hour_while_users_is_down_and_then_no_longer(source, cache, clock):
    cache.key(signing.KID)
    source.status = 500

    for clock.ahead in (301, 1800, 3595):
        assert cache.key(signing.KID) is not None
    assert source.visits == 4

    clock.ahead = 3601
    with pytest.raises(Unavailable):
        cache.key(signing.KID)

    source.status = 200
    clock.ahead += 1
    assert cache.key(signing.KID) is not None


def test_while_users_is_down_it_is_asked_at_most_every_thirty_seconds(source, cache, clock):
    cache.key(signing.KID)
    source.status = 500
    clock.ahead = 301

    for _ in range(20):
        assert cache.key(signing.KID) is not None
    assert source.visits == 2


def test_without_any_keys_nobody_is_known_and_users_is_asked_once_a_second(source, cache, clock):
    source.status = 500

    for _ in range(5):
        with pytest.raises(Unavailable):
            cache.key(signing.KID)
    assert source.visits == 1

    source.status = 200
    clock.ahead = 1.1
    assert cache.key(signing.KID) is not None


@pytest.mark.parametrize("dawdling", [{"wait": 600.0}, {"drip": 0.2}], ids=["late", "dripping"])
def test_a_slow_endpoint_is_given_up_after_a_while(source, cache, clock, monkeypatch, dawdling):
    cache.key(signing.KID)
    monkeypatch.setattr(keys, "PATIENCE_SECONDS", 0.5)
    source.body += b" " * 10_000  # dripping for minutes
    for name, value in dawdling.items():
        setattr(source, name, value)
    clock.ahead = 301
    started = time.monotonic()

    assert cache.key(signing.KID) is not None
    assert 0.5 <= time.monotonic() - started < 60
    assert source.visits == 2


def test_a_slow_endpoint_keeps_only_the_one_that_asks(source, cache, clock):
    cache.key(signing.KID)
    source.wait = 600.0
    clock.ahead = 301
    answered = []

    def ask(number):
        assert cache.key(signing.KID) is not None
        answered.append(number)
        if len(answered) == 9:
            source.stopped.set()  # now the tenth is answered too

    together(10, ask)

    assert len(answered) == 10
    assert cache._age() == 0  # the tenth has got them: nobody waited for it to give up
    assert (source.visits, source.most) == (2, 1)


GOOD = signing.jwks()["keys"][0]
MALFORMED = {
    "no JSON": b"<html>",
    "not UTF-8": b"\xff\xfe\x00",
    "nothing": b"",
    "a list": b"[]",
    "without keys": b"{}",
    "keys that are no list": b'{"keys": {"kid": "x"}}',
    "keys that are no objects": b'{"keys": [1, null, "x"]}',
    "half a key": json.dumps({"keys": [{**GOOD, "x": "AA"}]}).encode(),
    "a key without an id": json.dumps({"keys": [{k: v for k, v in GOOD.items() if k != "kid"}]}).encode(),
    "a key whose id is a number": json.dumps({"keys": [{**GOOD, "kid": 1}]}).encode(),
    "only a symmetric key": b'{"keys": [{"kty": "oct", "kid": "test-key", "k": "AAAA"}]}',
    "a megabyte": b'{"keys": [' + b" " * 1_000_000 + b"]}",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_document_keeps_the_old_keys(source, cache, clock, body):
    cache.key(signing.KID)
    source.body = body
    clock.ahead = 301

    assert cache.key(signing.KID) is not None
    assert source.visits == 2


def test_a_compressed_document_is_read(source, cache):
    source.body = gzip.compress(source.body)
    source.headers["Content-Encoding"] = "gzip"

    assert cache.key(signing.KID) is not None


def test_a_redirect_is_not_followed(source, cache, clock):
    cache.key(signing.KID)
    source.status = 302
    clock.ahead = 301

    assert cache.key(signing.KID) is not None
    assert source.visits == 2


def test_a_key_that_is_not_understood_does_not_spoil_the_others(source, cache):
    source.body = json.dumps({"keys": [{"kty": "future", "kid": "new"}, GOOD]}).encode()

    assert cache.key(signing.KID) is not None
    assert cache.key("new") is None


def test_an_empty_key_set_is_believed(source, cache, clock):
    cache.key(signing.KID)
    source.body = b'{"keys": []}'
    clock.ahead = 301

    assert cache.key(signing.KID) is None


@pytest.mark.django_db
def test_with_users_down_good_tokens_pass_and_forged_ones_do_not(source):
    user = uuid7()
    keys.forget()
    assert tokens.verify(signing.token(user)).id == user
    source.status = 500

    assert tokens.verify(signing.token(user)).id == user
    with pytest.raises(TokenNotValid):
        tokens.verify(signing.token(user)[:-8])
