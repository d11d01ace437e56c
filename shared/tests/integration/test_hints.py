"""Hints make waiting short; without Valkey everything works, only slower."""

import threading
import time

import pytest
import redis
from django.test import override_settings

from shared import hints


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(hints, "_local", threading.local())
    monkeypatch.setattr(hints, "_silent_until", 0.0)


def test_a_hint_ends_a_pause_early():
    with hints.subscription("news") as pause:
        threading.Timer(0.1, hints.publish, ["news"]).start()
        started = time.monotonic()

        assert pause(5.0) is True
        assert time.monotonic() - started < 2


def test_a_burst_of_hints_is_one_piece_of_news():
    with hints.subscription("news") as pause:
        pause(0.05)
        for _ in range(5):
            hints.publish("news")
        assert pause(1.0) is True
        assert pause(0.1) is False


def test_a_hint_on_another_channel_is_no_news():
    with hints.subscription("news") as pause:
        hints.publish("other")

        assert pause(0.2) is False


def test_without_valkey_a_hint_costs_little_and_a_pause_is_a_sleep():
    with override_settings(CACHE_URL="redis://127.0.0.1:1/0"):
        started = time.monotonic()
        for _ in range(100):
            hints.publish("news")
        assert time.monotonic() - started < 1
        with hints.subscription("news") as pause:
            started = time.monotonic()
            assert pause(0.2) is False
            assert 0.2 <= time.monotonic() - started < 1


def test_waiting_ends_with_what_was_found():
    found = []
    threading.Timer(0.1, lambda: (found.append("it"), hints.publish("thing:1"))).start()

    assert hints.wait_for("thing:1", lambda: found[0] if found else None, 5) == "it"


def test_waiting_ends_with_nothing_when_the_time_is_over():
    assert hints.wait_for("thing:1", lambda: None, 0.2) is None


def test_a_hint_that_says_something_else_is_not_worth_a_look(monkeypatch):
    monkeypatch.setattr(hints, "_switchboard", hints.Switchboard())
    monkeypatch.setattr(hints, "_FIRST_LOOK", 20.0)
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

    assert hints.wait_for("thing:1", read, 20, words=["sent"]) == [False, False, True]


def test_a_hint_without_a_word_is_worth_a_look_to_all(monkeypatch):
    monkeypatch.setattr(hints, "_switchboard", hints.Switchboard())
    monkeypatch.setattr(hints, "_FIRST_LOOK", 20.0)
    looks = []

    def read():
        looks.append(len(looks))
        if len(looks) == 2:
            hints.publish("thing:1")
        return looks if len(looks) == 3 else None

    assert hints.wait_for("thing:1", read, 20, words=["sent"]) == [0, 1, 2]


def test_a_hint_is_said_again_on_a_new_connection_when_the_old_one_was_closed(settings):
    with hints.subscription("news") as pause, redis.Redis.from_url(settings.CACHE_URL) as other:
        hints.publish("news")
        assert pause(5.0) is True
        other.client_kill_filter(_id=str(hints._ask(hints._local.connection, "CLIENT", "ID")))

        hints.publish("news")

        assert pause(5.0) is True


def test_a_wait_ends_with_its_process():
    started = time.monotonic()
    going = iter([True, True, False, False])

    assert hints.wait_for("thing:1", lambda: None, 30, going=lambda: next(going)) is None
    assert time.monotonic() - started < 5


def looks(seconds):
    """Return how often one looks for what never comes, within some seconds."""
    times = []
    hints.wait_for("nothing:1", lambda: times.append(time.monotonic()), seconds)
    return len(times)


def test_while_hints_are_heard_one_hardly_looks(monkeypatch):
    board = hints.Switchboard()
    monkeypatch.setattr(hints, "_switchboard", board)
    monkeypatch.setattr(hints, "_RARE_LOOK", 60.0)
    monkeypatch.setattr(hints, "_USUAL_LOOK", 0.5)
    assert looks(1.2) <= 5  # subscribing rings once
    assert board.hears

    assert looks(3.0) == 4  # at 0, 0.5, 1.5 and at the end


def test_without_hints_one_looks_again_and_again(monkeypatch):
    monkeypatch.setattr(hints, "_switchboard", hints.Switchboard())
    monkeypatch.setattr(hints, "_USUAL_LOOK", 0.5)
    with override_settings(CACHE_URL="redis://127.0.0.1:1/0"):
        assert looks(2.2) >= 5


def test_what_was_said_while_nobody_heard_is_looked_for_at_once(monkeypatch):
    """The first look comes before the subscription: whatever is said between them must not wait for the next look."""
    monkeypatch.setattr(hints, "_switchboard", hints.Switchboard())
    monkeypatch.setattr(hints, "_FIRST_LOOK", 20.0)
    found = []

    def read():
        if found:
            return found[0]
        found.append("it")  # without a hint
        return None

    started = time.monotonic()

    assert hints.wait_for("thing:1", read, 20) == "it"
    assert time.monotonic() - started < 10
