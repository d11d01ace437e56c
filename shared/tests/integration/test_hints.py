"""Hints make waiting short; without Valkey everything works, only slower."""

import select
import socket
import threading
import time

import pytest
import redis
from django.test import override_settings

from shared import hints
from shared.testing import waiting
from shared.testing.clock import Clock

LONG = waiting.PATIENCE / 2
"""Seconds: what takes longer was not woken up, but waited for its time to end."""


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(hints, "_local", threading.local())
    monkeypatch.setattr(hints, "_silent_until", 0.0)


@pytest.fixture
def time_of_hints(monkeypatch):
    """The clock of hints, which the test moves."""
    moved = Clock()
    monkeypatch.setattr(hints, "time", moved)
    return moved


def test_a_hint_ends_a_pause_early():
    with hints.subscription("news") as pause:
        threading.Timer(0.1, hints.publish, ["news"]).start()
        started = time.monotonic()

        assert pause(waiting.PATIENCE) is True
        assert time.monotonic() - started < LONG


def arrived(pause):
    """Return how many hints lie in a listener's socket, unread."""
    link = pause.__self__._connection._sock
    return link.recv(65536, socket.MSG_PEEK).count(b"message") if select.select([link], [], [], 0)[0] else 0


def test_a_burst_of_hints_is_one_piece_of_news():
    with hints.subscription("news") as pause:
        for _ in range(5):
            hints.publish("news")
        waiting.eventually(lambda: arrived(pause) == 5)

        assert pause(1.0) is True
        assert pause(0.1) is False


def test_a_hint_on_another_channel_is_no_news():
    with hints.subscription("news") as pause:
        hints.publish("other")

        assert pause(0.2) is False


def test_without_valkey_a_hint_is_tried_once_a_second_and_a_pause_is_a_sleep(monkeypatch, time_of_hints):
    said, say = [], hints._say
    monkeypatch.setattr(hints, "_say", lambda *hint: said.append(hint) or say(*hint))
    with override_settings(CACHE_URL="redis://127.0.0.1:1/0"):
        for _ in range(100):
            hints.publish("news")
        assert len(said) == 1
        time_of_hints.sleep(1)
        for _ in range(100):
            hints.publish("news")
        assert len(said) == 2

        with hints.subscription("news") as pause:
            started = time_of_hints.now
            assert pause(5.0) is False
            assert time_of_hints.now - started == 5


def test_waiting_ends_with_what_was_found():
    found = []
    threading.Timer(0.1, lambda: (found.append("it"), hints.publish("thing:1"))).start()

    assert hints.wait_for("thing:1", lambda: found[0] if found else None, waiting.PATIENCE) == "it"


def test_waiting_ends_with_nothing_when_the_time_is_over():
    assert hints.wait_for("thing:1", lambda: None, 0.2) is None


def test_a_hint_that_says_something_else_is_not_worth_a_look(monkeypatch):
    monkeypatch.setattr(hints, "_switchboard", hints.Switchboard())
    monkeypatch.setattr(hints, "_FIRST_LOOK", waiting.PATIENCE)
    looks, sent = [], threading.Event()

    def send():
        sent.set()
        hints.publish("thing:1", "sent")

    def read():
        """Look; after the first two looks (one at once, one when the subscription begins) there is other news."""
        looks.append(sent.is_set())
        if len(looks) == 2:
            hints.publish("thing:1", "paid")
            threading.Timer(0.3, send).start()
        return looks if sent.is_set() else None

    assert hints.wait_for("thing:1", read, waiting.PATIENCE, words=["sent"]) == [False, False, True]


def test_a_hint_without_a_word_is_worth_a_look_to_all(monkeypatch):
    monkeypatch.setattr(hints, "_switchboard", hints.Switchboard())
    monkeypatch.setattr(hints, "_FIRST_LOOK", waiting.PATIENCE)
    looks = []

    def read():
        looks.append(len(looks))
        if len(looks) == 2:
            hints.publish("thing:1")
        return looks if len(looks) == 3 else None

    assert hints.wait_for("thing:1", read, waiting.PATIENCE, words=["sent"]) == [0, 1, 2]


def test_a_hint_is_said_again_on_a_new_connection_when_the_old_one_was_closed(settings):
    with hints.subscription("news") as pause, redis.Redis.from_url(settings.CACHE_URL) as other:
        hints.publish("news")
        assert pause(waiting.PATIENCE) is True
        other.client_kill_filter(_id=str(hints._ask(hints._local.connection, "CLIENT", "ID")))

        hints.publish("news")

        assert pause(waiting.PATIENCE) is True


def test_a_wait_ends_with_its_process():
    started = time.monotonic()
    going = iter([True, True, False, False])

    assert hints.wait_for("thing:1", lambda: None, waiting.PATIENCE, going=lambda: next(going)) is None
    assert time.monotonic() - started < LONG


@pytest.mark.parametrize(
    ("hears", "pauses"),
    [(True, [0.5, 1, 2, 4, 8, 10, 4.5]), (False, [0.5, 1, *[2] * 14, 0.5])],
)
def test_while_hints_are_heard_one_hardly_looks(monkeypatch, time_of_hints, hears, pauses):
    board = hints.Switchboard()
    board.hears, board._thread = hears, threading.current_thread()  # it has begun long ago
    monkeypatch.setattr(hints, "_switchboard", board)
    paused = []

    def nothing_comes(_bell, seconds, _going):
        paused.append(seconds)
        time_of_hints.sleep(seconds)
        return True

    monkeypatch.setattr(hints, "_rung", nothing_comes)

    assert hints.wait_for("nothing:1", lambda: None, 30) is None
    assert paused == pauses


def test_a_process_knows_whether_it_hears_hints(monkeypatch, settings):
    monkeypatch.setattr(hints, "_PAUSE_AFTER_FAULT", 0.1)
    url, settings.CACHE_URL = settings.CACHE_URL, "redis://127.0.0.1:1/0"
    board = hints.Switchboard()

    with board.bell("thing:1") as bell:
        assert not bell.wait(0.5)
        assert not board.hears

        settings.CACHE_URL = url
        assert bell.wait(waiting.PATIENCE)  # whatever was said before
        assert board.hears


def test_what_was_said_while_nobody_heard_is_looked_for_at_once(monkeypatch):
    """The first look comes before the subscription: whatever is said between them must not wait for the next look."""
    monkeypatch.setattr(hints, "_switchboard", hints.Switchboard())
    monkeypatch.setattr(hints, "_FIRST_LOOK", waiting.PATIENCE)
    found = []

    def read():
        if found:
            return found[0]
        found.append("it")  # without a hint
        return None

    started = time.monotonic()

    assert hints.wait_for("thing:1", read, waiting.PATIENCE) == "it"
    assert time.monotonic() - started < LONG
