"""What a roll under load is judged by: requests, orders, and in whose turn it went wrong."""

import pytest

from tools.chaos.history import Attempt, History, Outcome, Placing
from tools.cluster import turning

TURNS = [(100.0, "plaza-orders-beat"), (110.0, "plaza-orders-relay"), (120.0, "plaza-orders-web")]


def asked(*, at=105.0, seconds=1.0, status=200, code=""):
    return Attempt(at=at, seconds=seconds, method="GET", path="/api/v2/orders/", status=status, code=code)


def placed(*order_ids, outcome=Outcome.ACKNOWLEDGED):
    return Placing(key="k1", customer="c1", lines=(), outcome=outcome, order_ids=set(order_ids))


def test_a_roll_that_nobody_noticed_is_no_fault():
    history = History(attempts=[asked(), asked(status=409)], placings=[placed("o1")])

    assert turning.judged(history=history, lost=set(), turns=TURNS) == []


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (asked(status=503, code="service_unavailable"), "503 service_unavailable after 1.0 s, plaza-orders-beat"),
        (asked(at=118.0, seconds=60.0, status=504), "504 after 60.0 s, plaza-orders-relay to plaza-orders-web"),
        (asked(at=90.0, seconds=60.0, status=0), "no answer after 60.0 s, plaza-orders-beat to plaza-orders-web"),
        (asked(at=500.0, status=0, code="ReadError"), "no answer ReadError after 1.0 s, plaza-orders-web"),
    ],
)
def test_a_failed_request_is_told_with_the_turns_it_met(attempt, said):
    history = History(attempts=[attempt], placings=[placed("o1")])

    found = turning.judged(history=history, lost=set(), turns=TURNS)

    assert found == [f"1 requests failed (GET /api/v2/orders/: {said})"]


def test_lost_doubled_and_unanswered_orders_are_told():
    history = History(placings=[placed("o1", "o2"), placed(outcome=Outcome.UNKNOWN)])

    assert turning.judged(history=history, lost={"o1"}, turns=TURNS) == [
        "1 orders are lost or have no end (o1)",
        "1 keys became more than one order (k1)",
        "1 wishes had no answer (k1)",
    ]


def test_a_roll_without_orders_proves_nothing():
    assert turning.judged(history=History(), lost=set(), turns=TURNS) == ["no order was placed"]
