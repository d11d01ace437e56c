"""`manage.py saga`: what an operator sees and may do."""

from io import StringIO
from typing import Any

import given
import pytest
from django.core.management import CommandError, call_command

from orders.models import Order
from shared.db.models import uuid7
from shared.events import contracts
from shared.testing.events import said

pytestmark = pytest.mark.django_db(transaction=True)


def saga(*words: Any) -> str:
    out = StringIO()
    call_command("saga", *map(str, words), stdout=out)
    return out.getvalue()


def test_the_list_holds_what_waits_for_an_answer() -> None:
    waiting, stuck, _ = given.placed(), given.processing(now=given.NOON), given.completed()
    Order.objects.filter(id=stuck).update(asks=3)

    assert [line.split()[0] for line in saga("list").splitlines()] == [str(stuck), str(waiting)]
    only = saga("list", "--stuck")
    assert only.splitlines() == [
        f"{stuck}  processing  stock held       money none       asked 3x  placed 2026-03-14T12:00:00Z"
    ]
    assert saga("list", "--limit", 1).count("\n") == 1


def test_one_order_is_shown_with_its_timeline() -> None:
    order_id = given.completed()

    text = saga("show", order_id)

    assert f"id           {order_id}" in text
    assert "money        captured" in text
    assert "processing -> completed   users.payment_captured.v1 #1" in text


def test_a_retry_asks_at_once_and_starts_the_pauses_anew() -> None:
    order_id = given.processing()
    Order.objects.filter(id=order_id).update(asks=6)

    assert saga("retry", order_id) == "asked again: payment_requested\n"

    assert [type(event) for event in said()] == [contracts.PaymentRequested]
    assert given.row(order_id).asks == 0
    assert given.timeline(order_id)[-1] == ("ask", "processing", "processing", "operator")


def test_a_settled_order_needs_no_retry() -> None:
    order_id = given.completed()

    assert saga("retry", order_id) == "settled: nothing to ask\n"
    assert said() == []


def test_an_operator_cancels_for_a_reason() -> None:
    order_id = given.processing()

    assert saga("cancel", order_id, "--reason", "timeout") == "cancelled; compensation follows\n"

    user_id = given.row(order_id).user_id
    assert given.state(order_id)[:2] == ("cancelled", "timeout")
    assert said() == [contracts.OrderCancelled(order_id=order_id, user_id=user_id, reason="timeout")]


def test_a_completed_order_is_not_called_off() -> None:
    order_id = given.completed()

    with pytest.raises(CommandError, match="cannot be cancelled any more"):
        saga("cancel", order_id, "--reason", "timeout")

    assert given.state(order_id)[0] == "completed"


@pytest.mark.parametrize("words", [("show",), ("retry",), ("cancel", "--reason", "timeout")])
def test_an_unknown_order_is_said_to_be_unknown(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="There is no order with this id"):
        saga(words[0], uuid7(), *words[1:])
