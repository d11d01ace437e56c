"""Hints make waiting short; without Valkey everything works, only slower."""

import threading
import time

import pytest
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
    threading.Timer(0.1, lambda: (found.append("it"), hints.publish("thing"))).start()

    assert hints.wait_for("thing", lambda: found[0] if found else None, 5) == "it"


def test_waiting_ends_with_nothing_when_the_time_is_over():
    assert hints.wait_for("thing", lambda: None, 0.2) is None
