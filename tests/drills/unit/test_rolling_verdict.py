"""What counts as a customer who noticed that processes were replaced."""

import json

import pytest

from tools.chaos.evidence import Evidence, Mail
from tools.chaos.history import Attempt, History, Outcome, Placing
from tools.rolling import run, street, turn

TURNS = [
    turn.Turn(name="orders.web", began=10.0, ready=14.0, ended=16.0),
    turn.Turn(name="orders.beat", began=20.0, ready=24.0, ended=21.0),
]


def attempt(at, status=200, seconds=0.1):
    return Attempt(at=at, seconds=seconds, method="GET", path="/api/v2/products/1/", status=status)


def placing(began, order_id):
    return Placing(
        key=f"key-{order_id}", customer="c", lines=(), began=began, outcome=Outcome.ACKNOWLEDGED, order_ids={order_id}
    )


@pytest.fixture
def history():
    """Two orders, one in each turn, and three requests that were answered."""
    attempts = [attempt(9.95), attempt(12.0), attempt(25.0)]
    return History(attempts=attempts, placings=[placing(11.0, "one"), placing(22.0, "two")])


@pytest.fixture
def found():
    """Databases in which both orders came to their end."""
    done = {"status": "completed", "settled": True}
    return Evidence(orders={"one": dict(done), "two": dict(done)}, mail={"orders": Mail()})


def judged(history, found):
    return run.judged(turns=TURNS, history=history, found=found)


def test_a_restart_that_nobody_noticed_has_no_fault(history, found):
    result = judged(history, found)

    assert result.faults == []
    assert [(row.requests, row.failed, row.placed, row.settled) for row in result.rows] == [
        (2, (), 1, 1),
        (1, (), 1, 1),
    ]


@pytest.mark.parametrize("status", [0, 500, 502, 503])
def test_a_failed_request_belongs_to_the_turn_in_which_it_was_met(history, found, status):
    history.attempts.append(attempt(18.0, status=status))

    result = judged(history, found)

    assert [len(row.failed) for row in result.rows] == [1, 0]
    assert result.faults[0].startswith("1 requests failed: GET /api/v2/products/1/: ")


def test_a_request_that_fails_between_the_turns_counts_too(history, found):
    history.attempts.append(attempt(3.0, status=503))

    assert judged(history, found).faults == ["1 requests failed: GET /api/v2/products/1/: 503"]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (None, ["1 orders are lost: two", "1 orders never settled: two"]),
        ({"status": "pending", "settled": False}, ["1 orders are lost: two", "1 orders never settled: two"]),
        ({"status": "completed", "settled": False}, ["1 orders never settled: two"]),
    ],
)
def test_an_order_that_does_not_end_is_a_fault(history, found, row, fault):
    found.orders["two"] = row or {}

    result = judged(history, found)

    assert result.faults == fault
    assert [(row.placed, row.settled) for row in result.rows] == [(1, 1), (1, 0)]


def test_a_key_with_two_orders_a_law_broken_and_an_unseen_event_are_faults(history, found):
    history.placings[0].order_ids.add("two")
    found.findings["orders.law"] = [{}]
    event = {"event_id": "e", "type": "t", "sent": True, "dead": False}
    found.mail = {"orders": Mail(published=[event]), "users": Mail(listens={"t"})}

    assert judged(history, found).faults == [
        "1 keys became more than one order: key-one",
        "1 events were sent and never seen: t e of orders",
        "1 laws of the data are broken: orders.law",
    ]


def test_a_turn_without_an_order_has_proved_nothing(history, found):
    history.placings.pop()

    assert judged(history, found).faults == ["1 turns met no order: orders.beat"]


def test_every_process_of_every_service_has_its_turn_web_first():
    assert len(set(turn.ALL)) == 12
    assert turn.ALL[:3] == ("users.web", "catalog.web", "orders.web")


def test_the_gateway_says_why_a_request_failed():
    entry = {"method": "GET", "path": "/x", "status": 503, "flags": "UC", "reason": "reset"}
    log = "\n".join(["[warning] not JSON", json.dumps(entry), json.dumps(entry | {"status": 200}), json.dumps([1])])

    assert street.refusals(log=log) == ["GET /x 503 UC reset"]
