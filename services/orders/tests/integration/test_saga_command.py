"""`manage.py saga`: what an operator sees and may do."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import given
import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from orders import services
from orders.models import Order
from shared.db.models import uuid7
from shared.events import contracts
from shared.testing.events import said

pytestmark = pytest.mark.django_db(transaction=True)


def saga(*words: Any) -> str:
    out = StringIO()
    call_command("saga", *map(str, words), stdout=out)
    return out.getvalue()


def listed(text: str) -> list[str]:
    """Return the first column below the heading."""
    return [line.split()[0] for line in text.splitlines()[1:]]


def stuck(order_id: UUID, **ago: float) -> UUID:
    """Let an order have waited for so long, asked again three times."""
    times = {"updated_at": F("updated_at") - timedelta(**ago), "next_ask_at": timezone.now() + timedelta(seconds=30.5)}
    Order.objects.filter(id=order_id).update(asks=3, **times)
    return order_id


def test_the_list_holds_what_waits_for_an_answer_the_oldest_first() -> None:
    waiting, old, _ = given.placed(), stuck(given.processing(now=given.NOON)), given.completed()

    assert listed(saga("list")) == [str(old), str(waiting)]
    assert listed(saga("list", "--stuck")) == [str(old)]
    assert listed(saga("list", "--limit", 1)) == [str(old)]


def test_a_line_says_whose_answer_is_missing_since_when_and_when_it_is_asked_next() -> None:
    order_id = stuck(given.processing(), hours=3, minutes=20, seconds=5)

    heading, line = saga("list", "--stuck").splitlines()

    assert heading.split("  ")[0] == "order"
    assert [cell.strip() for cell in line.split("  ") if cell.strip()] == [
        str(order_id), "processing", "held", "none", "users", "3h 20m", "4x", "in 30s",
    ]  # fmt: skip
    assert [heading.index(name) for name in ("status", "money", "since")] == [
        line.index(cell) for cell in ("processing", "none", "3h 20m")
    ]


def test_a_question_that_is_due_is_said_to_be() -> None:
    given.later(given.placed(), 3600)

    assert saga("list").splitlines()[1].endswith("due")


def test_compensation_waits_for_both_and_then_for_one() -> None:
    order_id = given.cancelled()
    services.order_payment_voided(order_id=order_id, cause=services.Cause(name="test"))
    other = given.cancelled()

    waits = {row["id"]: row["waits_for"] for row in json.loads(saga("list", "--format", "json"))}

    assert waits == {str(order_id): ["catalog"], str(other): ["catalog", "users"]}


def test_without_anything_that_waits_it_says_so() -> None:
    given.completed()

    assert saga("list") == "nothing waits\n"
    assert json.loads(saga("list", "--format", "json")) == []


def test_one_order_is_shown_with_its_timeline() -> None:
    order_id = given.completed()

    facts, _, entries = saga("show", order_id).partition("\n\n")

    shown = dict(line.split(maxsplit=1) for line in facts.splitlines())
    assert (shown["id"], shown["money"], shown["reason"], shown["waits_for"]) == (str(order_id), "captured", "-", "-")
    assert entries.split()[:7] == ["at", "kind", "from", "to", "cause", "attempt", "trace"]
    assert [line.split()[1:6] for line in entries.splitlines()[1:]] == [
        ["transition", "-", "pending", "customer", "1"],
        ["transition", "pending", "processing", "catalog.stock_reserved.v1", "1"],
        ["transition", "processing", "completed", "users.payment_captured.v1", "1"],
        ["event", "completed", "completed", "catalog.stock_committed.v1", "1"],
    ]


def test_programs_get_json() -> None:
    order_id = given.processing()

    told = json.loads(saga("show", order_id, "--format", "json"))

    assert (told["order"]["id"], told["order"]["total"], told["order"]["waits_for"]) == (
        str(order_id),
        "5.00",
        ["users"],
    )
    assert told["order"]["next_ask_at"].endswith("Z")
    assert [entry["cause"] for entry in told["timeline"]] == ["customer", "catalog.stock_reserved.v1"]


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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "4711"), "'4711' is no order's id, which looks like 01a2"),
        (("list", "--limit", "0"), "'0' is no whole number above 0"),
        (("cancel", uuid7(), "--reason", "refunded"), "invalid choice: 'refunded'"),
        (("cancel", uuid7()), "--reason"),
        ((), "act"),
    ],
)
def test_wrong_words_are_refused_by_name(words: tuple[Any, ...], told: str) -> None:
    with pytest.raises(CommandError) as refused:
        saga(*words)

    assert told in str(refused.value)
