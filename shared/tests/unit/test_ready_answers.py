"""What a process keeps of ready answers: bounded, and made by one at a time."""

import threading
import time

from shared.http.ready import flights as flying
from shared.http.ready.answers import Answer, Answers
from shared.http.ready.flights import Flights
from shared.testing import waiting


def answer(body=b"", *, until=float("inf")):
    return Answer(generation="g", until=until, route="/", headers=[], media_type="", tag="", body=body)


def test_answers_never_take_more_room_than_there_is():
    answers = Answers(100_000)

    for number in range(500):
        answers.put(f"key {number}", answer(b"x" * 3000))
        assert answers.size <= 100_000

    assert answers.get("key 499") is not None
    assert answers.get("key 0") is None


def test_the_longest_unused_goes_first():
    answers = Answers(3 * 5_100)
    for key in "abc":
        answers.put(key, answer(b"x" * 3000))

    answers.get("a")
    answers.put("d", answer(b"x" * 3000))

    assert [key for key in "abcd" if answers.get(key)] == ["a", "c", "d"]


def test_an_answer_in_place_of_another_takes_its_room():
    answers = Answers(100_000)

    for size in (10, 3000, 20):
        answers.put("key", answer(b"x" * size))
    alone = Answers(100_000)
    alone.put("key", answer(b"x" * 20))

    assert answers.size == alone.size


def test_an_answer_with_no_room_at_all_is_not_kept():
    answers = Answers(5_000)

    answers.put("key", answer(b"x" * 5_000))

    assert (answers.get("key"), answers.size) == (None, 0)


def test_an_answer_holds_in_its_generation_and_its_time():
    kept = answer(until=10.0)

    assert kept.holds("g", 9.9)
    assert not kept.holds("g", 10.0)
    assert not kept.holds("another", 9.9)


def test_one_makes_what_the_others_wait_for_and_a_slow_one_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr(flying, "_PATIENCE", 0.5)
    flights, entered, go, turns = Flights(), threading.Event(), threading.Event(), []

    def first():
        with flights.turn("key") as mine:
            turns.append(mine)
            entered.set()
            go.wait(waiting.PATIENCE)

    maker = threading.Thread(target=first)
    maker.start()
    assert entered.wait(60)
    begun = time.monotonic()
    with flights.turn("key") as mine, flights.turn("another") as apart:
        turns += [mine, apart]
    waited = time.monotonic() - begun
    go.set()
    maker.join()
    with flights.turn("key") as again:
        turns.append(again)

    assert turns == [True, False, True, True]
    assert 0.4 < waited < 60  # and not for ever
