"""The saga as an exhaustive model: every interleaving keeps the promises, and every named mutant is caught."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from saga_model import Violation as Broken
from saga_model import World, explore
from saga_model import decide_honestly as decide
from saga_participants import CATALOG, RECEIVERS, users
from saga_participants import catalog as honest_catalog

from orders import domain
from orders.domain import Decision, Message, Money, Question, Status, Stock, Story

TWO_ORDERS = World(orders=2, cancels=0, timeouts=0)
SOLD = (Status.COMPLETED, "committed", "captured")

explored = cache(explore)


@pytest.mark.parametrize(
    ("world", "least_states"),
    [
        pytest.param(World(cancels=2, timeouts=2), 7_000, id="two cancels, two time-outs"),
        pytest.param(World(cancels=1, timeouts=0, asks=1), 3_000, id="asked again needlessly"),
        pytest.param(World(losses=1), 10_000, id="a message lost"),
        pytest.param(TWO_ORDERS, 4_000, id="two orders, one item"),
    ],
)
def test_every_interleaving_keeps_the_promises(
    world: World, least_states: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found = explored(world)

    with capsys.disabled():
        sys.stdout.write(f" [{found.states} states, {found.quiet} quiet, {len(found.endings)} endings]")
    assert found.states >= least_states
    assert any(SOLD in ending for ending in found.endings)
    assert any(story[0] is Status.CANCELLED for ending in found.endings for story in ending)


def test_of_two_orders_for_one_item_at_most_one_is_completed() -> None:
    found = explored(TWO_ORDERS)

    sold = {sum(story == SOLD for story in ending) for ending in found.endings}
    assert sold == {0, 1}


# ---------------------------------------------------------------- mutants: each breaks one rule


def forgets_release(state: str, asked: Question, *, room: bool) -> list[str]:
    """A release that comes before its reservation leaves no tombstone."""
    if state == "none" and asked is Question.ORDER_CANCELLED:
        return ["none"]
    return honest_catalog(state, asked, room=room)


def holds_again(state: str, asked: Question, *, room: bool) -> list[str]:
    """A released reservation is held again when it is asked for."""
    if state == "released" and asked is Question.ORDER_PLACED:
        return ["held"]
    return honest_catalog(state, asked, room=room)


def oversells(state: str, asked: Question, *, room: bool) -> list[str]:
    """catalog holds whatever is asked for."""
    del room
    return honest_catalog(state, asked, room=True)


def forgets_void(state: str, asked: Question) -> list[str]:
    """A void that comes before its charge leaves no tombstone."""
    return ["none"] if state == "none" and asked is Question.ORDER_CANCELLED else users(state, asked)


def charges_after_void(state: str, asked: Question) -> list[str]:
    """A voided payment is charged all the same."""
    return ["captured"] if state == "voided" and asked is Question.PAYMENT_REQUESTED else users(state, asked)


def charges_each_time(before: str, after: str, asked: Question) -> int:
    """Each request takes money."""
    del before
    return int(after == "captured" and asked is Question.PAYMENT_REQUESTED)


def does_not_void(asked: Question, story: Story) -> tuple[str, ...]:
    """Cancelling while it is being paid tells catalog only."""
    is_cancel = asked is Question.ORDER_CANCELLED and story.stock is Stock.HELD
    return (CATALOG,) if is_cancel else RECEIVERS[asked]


def moved(status: Status, message: Message, to: Status, say: Question) -> Callable[..., Decision]:
    """Return a decide with one more transition."""

    def wrong(story: Story, heard: Message) -> Decision:
        decision = decide(story, heard)
        if (story.status, heard) != (status, message):
            return decision
        return Decision(story=replace(decision.story, status=to, reason=domain.Reason.NONE), say=say)

    return wrong


def unmoved(status: Status, message: Message) -> Callable[..., Decision]:
    """Return a decide that lacks one transition."""

    def wrong(story: Story, heard: Message) -> Decision:
        decision = decide(story, heard)
        if (story.status, heard) != (status, message):
            return decision
        kept = replace(decision.story, status=story.status, reason=story.reason)
        return Decision(story=kept)

    return wrong


def believes_the_last(story: Story, heard: Message) -> Decision:
    """The last report wins, even over a final one."""
    decision = decide(story, heard)
    told = decide(Story(status=Status.CANCELLED, reason=domain.Reason.BY_STAFF), heard).story
    stock = told.stock if told.stock is not Stock.NONE else decision.story.stock
    money = told.money if told.money is not Money.NONE else decision.story.money
    return replace(decision, story=replace(decision.story, stock=stock, money=money))


def silent_about_cancelled(story: Story) -> Question | None:
    """A cancelled order does not ask again."""
    return None if story.status is Status.CANCELLED else domain.pending_question(story)


def silent_about_money(story: Story) -> Question | None:
    """A cancelled order does not ask again once its stock is clear."""
    return None if story.stock.is_clear else domain.pending_question(story)


MUTANTS = {
    "no tombstone on release": (World(catalog=forgets_release), "settled as"),
    "no tombstone on void": (World(users=forgets_void), "settled as"),
    "cancel in processing does not void": (World(receivers=does_not_void), "stuck"),
    "late capture completes a cancelled order": (
        World(decide=moved(Status.CANCELLED, Message.PAYMENT_CAPTURED, Status.COMPLETED, Question.ORDER_COMPLETED)),
        "payment_captured moves an order from cancelled to completed",
    ),
    "late reservation reopens a cancelled order": (
        World(decide=moved(Status.CANCELLED, Message.STOCK_RESERVED, Status.PROCESSING, Question.PAYMENT_REQUESTED)),
        "stock_reserved moves an order from cancelled to processing",
    ),
    "completed before it is paid": (
        World(decide=moved(Status.PENDING, Message.STOCK_RESERVED, Status.COMPLETED, Question.ORDER_COMPLETED)),
        "stock_reserved moves an order from pending to completed",
    ),
    "time-out takes back a sale": (
        World(decide=moved(Status.COMPLETED, Message.TIMEOUT, Status.CANCELLED, Question.ORDER_CANCELLED)),
        "timeout takes back a sale",
    ),
    "a decline is not heard": (World(decide=unmoved(Status.PROCESSING, Message.PAYMENT_DECLINED)), "stuck"),
    "a rejection is not heard": (World(decide=unmoved(Status.PENDING, Message.STOCK_REJECTED)), "stuck"),
    "the last report wins": (World(decide=believes_the_last), "stuck"),
    "catalog expires holds itself": (World(expires=True), "completed with stock released"),
    "catalog holds again after a release": (World(catalog=holds_again), "settled as"),
    "catalog holds what is not there": (
        World(catalog=oversells, orders=2, cancels=0, timeouts=0),
        "more is sold than there is",
    ),
    "capture is not idempotent": (World(charged=charges_each_time), "charged twice"),
    "a voided payment is charged": (World(users=charges_after_void), "settled as"),
    "a known state is not told again": (World(answers_known=False, losses=1), "stuck"),
    "cancelled orders do not ask again": (World(question=silent_about_cancelled, losses=1), "stuck"),
    "only stock is asked for again": (World(question=silent_about_money, losses=1), "stuck"),
}


@pytest.mark.parametrize(("world", "violation"), MUTANTS.values(), ids=MUTANTS.keys())
def test_the_model_catches(world: World, violation: str) -> None:
    with pytest.raises(Broken, match=violation):
        explore(world)
