"""The checker: a clean run has no finding, and each broken promise is seen."""

import copy
from typing import Any

import pytest

from tools.chaos import checker
from tools.chaos.evidence import Evidence, Mail
from tools.chaos.history import Attempt, History, Moving, Outcome, Placing

POISON = checker.Poison(marks={"mark-1": "invalid JSON"})


def placing(key: str, *order_ids: str, **facts: Any) -> Placing:
    return Placing(
        **{
            "key": key,
            "customer": "a@x",
            "lines": (("p", 1),),
            "outcome": Outcome.ACKNOWLEDGED,
            "order_ids": {*order_ids},
        }
        | facts
    )


def order(order_id: str, status: str = "completed", **facts: Any) -> dict[str, Any]:
    done = status == "completed"
    row = {
        "id": order_id,
        "status": status,
        "reason": "" if done else "by_customer",
        "stock": "committed" if done else "released",
        "money": "captured" if done else "voided",
        "settled": True,
    }
    return row | facts


@pytest.fixture
def history():
    return History(
        placings=[placing("k1", "o1"), placing("k2", "o2", cancelled=True)],
        movings=[Moving(key="m1", customer="a@x", to="b", amount="1.00", outcome=Outcome.ACKNOWLEDGED)],
        reused={422: 3},
    )


@pytest.fixture
def evidence():
    event = {"event_id": "e1", "type": "orders.order_placed.v1", "sent": True, "dead": False}
    dead = {"event_id": "e9", "type": "unknown", "error": "no JSON", "dead": True, "envelope": "{mark-1"}
    return Evidence(
        orders={"o1": order("o1"), "o2": order("o2", "cancelled")},
        reservations={"o1": {"id": "o1", "state": "committed"}, "o2": {"id": "o2", "state": "released"}},
        payments={"o1": {"id": "o1", "state": "captured"}, "o2": {"id": "o2", "state": "voided"}},
        transfers=1,
        mail={
            "orders": Mail(published=[event]),
            "catalog": Mail(handled={"e1"}, failed=[dead], listens={"orders.order_placed.v1"}),
        },
        answers={"catalog": (2, 2)},
    )


def watched(**facts: Any) -> checker.Watched:
    seen: dict[str, Any] = {"violations": {}, "samples": 10, "duplicates": 3, "quiet_after": 4.0, "restless": ""}
    return checker.Watched(**seen | facts)


def promises(
    history: History, evidence: Evidence, seen: checker.Watched | None = None, poison: checker.Poison = POISON
) -> list[tuple[str, str]]:
    found = checker.check(history=history, evidence=evidence, watched=seen or watched(), poison=poison)
    return [(each.promise, each.sentence) for each in found]


def test_a_clean_run_has_no_finding(history, evidence):
    assert promises(history, evidence) == []


def test_the_numbers_are_jepsens(history, evidence):
    history.placings += [
        placing("k3", "o3"),
        placing("k4", "o4", "o5", recovered=True),
        placing("k5", outcome=Outcome.REFUSED, refusal="pending_order_exists"),
        placing("k6", outcome=Outcome.UNKNOWN),
    ]
    evidence.orders |= {"o4": order("o4"), "o5": order("o5"), "o7": order("o7")}

    numbers = checker.count(history=history, evidence=evidence)

    assert (numbers.attempted, numbers.acknowledged, numbers.refused, numbers.unknown) == (6, 4, 1, 1)
    assert (numbers.completed, numbers.cancelled, numbers.reasons) == (3, 1, {"by_customer": 1})
    assert (numbers.lost, numbers.duplicated, numbers.recovered, numbers.unexpected) == (1, 1, 1, 1)
    assert numbers.transfers == 1


def test_an_acknowledged_order_that_is_gone_is_lost(history, evidence):
    del evidence.orders["o2"], evidence.reservations["o2"], evidence.payments["o2"]

    text = "1 acknowledged orders are gone or never reached a final state"
    assert promises(history, evidence) == [("P1 no lost order", text)]


def test_an_order_that_never_ends_is_lost(history, evidence):
    evidence.orders["o2"] |= {"status": "processing", "settled": False}

    found = [promise for promise, _ in promises(history, evidence)]
    assert found == ["P1 no lost order", "I3 one story"]


def test_one_key_with_two_orders_is_seen(history, evidence):
    history.placings[0].order_ids.add("o2")

    assert promises(history, evidence) == [
        ("P3 once per key", "1 Idempotency-Keys became more than one order each"),
    ]


def test_an_order_that_nobody_was_told_of_is_seen(history, evidence):
    del history.placings[0]

    text = "1 orders exist that no customer was told of, after asking again for every doubtful one"
    assert promises(history, evidence) == [("P3 once per key", text)]


def test_a_cancelled_order_must_not_complete(history, evidence):
    history.placings[0].cancelled = True

    text = "1 orders were completed after their cancellation was confirmed"
    assert promises(history, evidence) == [("cancel wins", text)]


def test_a_request_without_an_answer_in_the_end_is_seen(history, evidence):
    history.movings.append(Moving(key="m2", customer="a@x", to="b", amount="1.00"))

    text = "1 requests had no final answer after everything was healed"
    assert promises(history, evidence) == [("P1 no lost order", text)]


@pytest.mark.parametrize(
    ("refusal", "found"),
    [
        ("pending_order_exists", []),
        ("idempotency_in_progress", []),
        ("token_not_valid", [("fair refusals", "1 proper requests were refused")]),
    ],
)
def test_a_proper_request_is_refused_only_for_a_fair_reason(history, evidence, refusal, found):
    history.placings.append(placing("k3", outcome=Outcome.REFUSED, refusal=refusal))

    assert promises(history, evidence) == found


def test_another_body_under_a_used_key_must_be_refused(history, evidence):
    history.reused[202] = 1

    text = "another body under a used key was answered {202: 1} instead of 422"
    assert promises(history, evidence) == [("P3 once per key", text)]


def test_an_answer_500_is_a_defect(history, evidence):
    history.attempts.append(Attempt(at=1, seconds=1, method="POST", path="/x", status=500))
    history.attempts.append(Attempt(at=1, seconds=1, method="POST", path="/x", status=503))

    text = "1 requests were answered 500, which means a defect"
    assert promises(history, evidence) == [("P8 503, never 500", text)]


def test_a_transfer_done_twice_is_seen(history, evidence):
    evidence.transfers = 2

    text = "1 transfers between wallets were acknowledged, 2 were done"
    assert promises(history, evidence) == [("P3 once per key", text)]


def test_an_event_handled_twice_is_seen(history, evidence):
    evidence.twice = [{"cause": "catalog.stock_reserved.v1", "event_id": "e5", "times": 2}]
    evidence.answers["catalog"] = (3, 2)

    assert promises(history, evidence) == [
        ("P5 handled once", "orders handled 1 events more than once"),
        ("P5 handled once", "catalog gave 3 answers to 2 questions"),
    ]


def test_an_event_that_never_arrived_is_seen(history, evidence):
    evidence.mail["catalog"].handled.clear()

    assert promises(history, evidence) == [("P5 nothing lost", "1 events were sent, and catalog has never seen them")]


@pytest.mark.parametrize("fact", [{"sent": False}, {"type": "users.user_registered.v1"}])
def test_what_was_not_sent_or_is_not_listened_to_need_not_arrive(history, evidence, fact):
    evidence.mail["catalog"].handled.clear()
    evidence.mail["orders"].published[0] |= fact

    assert promises(history, evidence) == []


def test_an_event_that_died_without_being_poison_is_seen(history, evidence):
    evidence.mail["catalog"].failed[0]["envelope"] = "{}"

    assert promises(history, evidence, poison=checker.Poison()) == [
        ("P8 only poison dies", "1 events died that were not poison"),
    ]


def test_poison_must_be_kept(history, evidence):
    evidence.mail["catalog"].failed.clear()

    text = "1 poisonous messages are not among the dead events"
    assert promises(history, evidence) == [("P10 poison is kept", text)]


def test_poison_that_may_not_have_arrived_is_neither_owed_nor_a_surprise(history, evidence):
    doubtful = checker.Poison(doubtful=frozenset({"mark-1"}))
    without = copy.deepcopy(evidence)
    without.mail["catalog"].failed.clear()

    assert promises(history, evidence, poison=doubtful) == []
    assert promises(history, without, poison=doubtful) == []


def test_an_event_that_the_broker_refused_to_the_end_is_seen(history, evidence):
    evidence.mail["orders"].published[0]["dead"] = True

    text = "1 events were refused by the broker to the end"
    assert promises(history, evidence) == [("P5 nothing lost", text)]


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        ({"violations": {"catalog.stock": ["row"]}}, ("invariant catalog.stock", "was broken while the run was on")),
        (
            {"quiet_after": None, "restless": "3 events unsent"},
            ("P1 within 60 s", "the system did not come to rest after everything was healed: 3 events unsent"),
        ),
        ({"duplicates": 0}, ("teeth", "the inboxes suppressed no duplicate, though duplicates were sent")),
        ({"samples": 0}, ("teeth", "the invariants were never looked at during the run")),
    ],
)
def test_what_the_watch_saw_counts(history, evidence, seen, found):
    assert promises(history, evidence, watched(**seen)) == [found]


def test_an_invariant_broken_at_the_end_is_told_once(history, evidence):
    evidence.findings = {"catalog.stock": [{"id": 1}], "users.balance": [{"id": 2}]}

    assert promises(history, evidence, watched(violations={"catalog.stock": ["row"]})) == [
        ("invariant catalog.stock", "was broken while the run was on"),
        ("invariant users.balance", "is broken at the end"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e.reservations["o1"].update(state="held"),
        lambda e: e.payments["o2"].update(state="captured"),
        lambda e: e.reservations.pop("o2"),
        lambda e: e.orders["o1"].update(settled=False),
    ],
)
def test_orders_must_have_heard_the_last_word_of_both_participants(history, evidence, change):
    change(evidence)

    text = "1 orders are not settled, or other than the participants say"
    assert promises(history, evidence) == [("I3 one story", text)]
