"""The rules one by one: the transition table, the merging of reports, settling, asking again."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import domain
from orders.domain import Message, Money, Move, Outcome, Question, Reason, Status, Stock, Story

stocks, moneys, statuses = st.sampled_from(Stock), st.sampled_from(Money), st.sampled_from(Status)
reasons = st.sampled_from([reason for reason in Reason if reason])

PAID_FOR = Move(Status.PROCESSING, Question.PAYMENT_REQUESTED)
SOLD = Move(Status.COMPLETED, Question.ORDER_COMPLETED)
OFF = Move(Status.CANCELLED, Question.ORDER_CANCELLED)
MOVES = {
    (Status.PENDING, Message.STOCK_RESERVED): PAID_FOR,
    (Status.PENDING, Message.STOCK_REJECTED): OFF,
    (Status.PENDING, Message.STOCK_RELEASED): OFF,
    (Status.PENDING, Message.CANCEL): OFF,
    (Status.PENDING, Message.CANCEL_BY_STAFF): OFF,
    (Status.PENDING, Message.TIMEOUT): OFF,
    (Status.PROCESSING, Message.PAYMENT_CAPTURED): SOLD,
    (Status.PROCESSING, Message.PAYMENT_DECLINED): OFF,
    (Status.PROCESSING, Message.STOCK_REJECTED): OFF,
    (Status.PROCESSING, Message.STOCK_RELEASED): OFF,
    (Status.PROCESSING, Message.CANCEL): OFF,
    (Status.PROCESSING, Message.CANCEL_BY_STAFF): OFF,
    (Status.PROCESSING, Message.TIMEOUT): OFF,
    (Status.COMPLETED, Message.CANCEL_BY_STAFF): OFF,
}
REFUSED = {
    (Status.COMPLETED, Message.CANCEL),
    (Status.CANCELLED, Message.CANCEL),
    (Status.CANCELLED, Message.CANCEL_BY_STAFF),
}


@pytest.mark.parametrize(("status", "message"), list(product(Status, Message)))
def test_every_message_in_every_status_has_its_result(status: Status, message: Message) -> None:
    expected = MOVES.get((status, message))
    otherwise = Outcome.REFUSED if (status, message) in REFUSED else Outcome.STAYS

    assert domain.TABLE[status, message] == (expected or otherwise)


def test_the_table_holds_nothing_else() -> None:
    assert set(domain.TABLE) == set(product(Status, Message))


@pytest.mark.parametrize(
    ("status", "message", "given_reason", "reason"),
    [
        (Status.PENDING, Message.STOCK_REJECTED, Reason.UNKNOWN_PRODUCT, Reason.UNKNOWN_PRODUCT),
        (Status.PENDING, Message.STOCK_RELEASED, Reason.NONE, Reason.INSUFFICIENT_STOCK),
        (Status.PENDING, Message.CANCEL, Reason.BY_CUSTOMER, Reason.BY_CUSTOMER),
        (Status.PENDING, Message.CANCEL_BY_STAFF, Reason.BY_CUSTOMER, Reason.BY_STAFF),
        (Status.PENDING, Message.TIMEOUT, Reason.NONE, Reason.TIMEOUT),
        (Status.PROCESSING, Message.PAYMENT_DECLINED, Reason.USER_INACTIVE, Reason.USER_INACTIVE),
        (Status.COMPLETED, Message.CANCEL_BY_STAFF, Reason.NONE, Reason.REFUNDED),
    ],
)
def test_a_cancelled_order_says_why(status: Status, message: Message, given_reason: Reason, reason: Reason) -> None:
    decision = domain.decide(Story(status=status), message, given_reason)

    assert (decision.story.status, decision.story.reason) == (Status.CANCELLED, reason)
    assert decision.say is Question.ORDER_CANCELLED


def test_cancelling_without_a_reason_is_a_defect() -> None:
    with pytest.raises(ValueError, match="payment_declined cancels and needs a reason"):
        domain.decide(Story(status=Status.PROCESSING), Message.PAYMENT_DECLINED)


def test_a_refusal_changes_nothing() -> None:
    story = Story(status=Status.COMPLETED, stock=Stock.HELD, money=Money.CAPTURED)

    decision = domain.decide(story, Message.CANCEL, Reason.BY_CUSTOMER)

    assert (decision.story, decision.say, decision.refused) == (story, None, True)


def test_a_late_capture_of_a_cancelled_order_is_only_noted() -> None:
    story = Story(status=Status.CANCELLED, reason=Reason.BY_CUSTOMER, stock=Stock.RELEASED)

    decision = domain.decide(story, Message.PAYMENT_CAPTURED)

    assert decision.say is None
    assert decision.story == Story(
        status=Status.CANCELLED, reason=Reason.BY_CUSTOMER, stock=Stock.RELEASED, money=Money.CAPTURED
    )


@given(st.lists(stocks), st.randoms(use_true_random=False))
def test_stock_reports_merge_to_the_same_height_in_any_order(reports: list[Stock], random: object) -> None:
    shuffled = list(reports)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert _height(_merged(Stock.NONE, reports)) == _height(_merged(Stock.NONE, shuffled))
    assert _height(_merged(Stock.NONE, reports)) == max(map(_height, reports), default=0)


@given(moneys, moneys)
def test_money_reports_never_go_down(earlier: Money, later: Money) -> None:
    merged = earlier.merged(later)

    assert merged in (earlier, later)
    assert merged.merged(later) is merged
    assert merged.merged(earlier) is merged
    assert not (earlier.is_clear and merged is not earlier)


def test_the_participants_ranks_are_those_of_their_lattices() -> None:
    assert [_height(each) for each in Stock] == [0, 1, 2, 3, 3]
    assert [_height(each) for each in Money] == [0, 1, 2, 2, 2]


def _height(report: Stock | Money) -> int:
    """Return how many reports of its kind this one beats in a row."""
    heights = {"none": 0, "held": 1, "committed": 2, "released": 3, "rejected": 3}
    heights |= {"captured": 1, "refunded": 2, "declined": 2, "voided": 2}
    lower = [each for each in type(report) if each.merged(report) is not each]  # type: ignore[arg-type]
    assert all(heights[each] < heights[report] for each in lower)
    assert len(lower) == sum(heights[each] < heights[report] for each in type(report))
    return heights[report]


def _merged(start: Stock, reports: list[Stock]) -> Stock:
    for report in reports:
        start = start.merged(report)
    return start


@given(statuses, stocks, moneys)
def test_settled_means_completed_and_paid_or_cancelled_and_clear(status: Status, stock: Stock, money: Money) -> None:
    sold = (status, stock, money) == (Status.COMPLETED, Stock.COMMITTED, Money.CAPTURED)
    off = (
        status is Status.CANCELLED
        and stock in (Stock.RELEASED, Stock.REJECTED)
        and money in (Money.REFUNDED, Money.DECLINED, Money.VOIDED)
    )

    assert domain.is_settled(status=status, stock=stock, money=money) == (sold or off)


@given(statuses, stocks, moneys, st.sampled_from(Message), reasons)
def test_no_message_lowers_what_is_known(
    status: Status, stock: Stock, money: Money, message: Message, reason: Reason
) -> None:
    story = Story(status=status, stock=stock, money=money)

    after = domain.decide(story, message, reason).story

    assert _height(after.stock) >= _height(stock)
    assert _height(after.money) >= _height(money)


@given(st.builds(Story, status=st.just(Status.CANCELLED), stock=stocks, money=moneys), st.sampled_from(Message))
def test_cancelled_absorbs_everything(story: Story, message: Message) -> None:
    decision = domain.decide(story, message)

    assert (decision.story.status, decision.story.reason, decision.say) == (story.status, story.reason, None)


@pytest.mark.parametrize(
    ("story", "question"),
    [
        (Story(), Question.ORDER_PLACED),
        (Story(status=Status.PROCESSING, stock=Stock.HELD), Question.PAYMENT_REQUESTED),
        (
            Story(status=Status.COMPLETED, stock=Stock.HELD, money=Money.CAPTURED),
            Question.ORDER_COMPLETED,
        ),
        (Story(status=Status.COMPLETED, stock=Stock.COMMITTED, money=Money.CAPTURED), None),
        (Story(status=Status.CANCELLED, stock=Stock.RELEASED), Question.ORDER_CANCELLED),
        (Story(status=Status.CANCELLED, money=Money.VOIDED), Question.ORDER_CANCELLED),
        (Story(status=Status.CANCELLED, stock=Stock.REJECTED, money=Money.VOIDED), None),
    ],
)
def test_what_is_asked_again(story: Story, question: Question | None) -> None:
    assert domain.pending_question(story) is question


def test_pauses_double_from_5_to_300_seconds() -> None:
    assert [domain.pause_seconds(asks) for asks in range(9)] == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert domain.pause_seconds(10_000) == 300


@pytest.mark.parametrize("stock", domain.Stock)
@pytest.mark.parametrize("money", domain.Money)
@pytest.mark.parametrize("status", domain.Status)
def test_somebodys_answer_is_missing_exactly_until_an_order_is_settled(
    status: domain.Status, stock: domain.Stock, money: domain.Money
) -> None:
    story = domain.Story(status=status, stock=stock, money=money)

    assert bool(domain.awaited(story)) == (domain.pending_question(story) is not None)


def test_each_question_waits_for_whom_it_was_put_to() -> None:
    def awaited(status: str, stock: str, money: str) -> tuple[str, ...]:
        return domain.awaited(
            domain.Story(status=domain.Status(status), stock=domain.Stock(stock), money=domain.Money(money))
        )

    assert awaited("pending", "none", "none") == ("catalog",)
    assert awaited("processing", "held", "none") == ("users",)
    assert awaited("completed", "held", "captured") == ("catalog",)
    assert awaited("cancelled", "held", "none") == ("catalog", "users")
    assert awaited("cancelled", "released", "captured") == ("users",)
    assert awaited("cancelled", "held", "voided") == ("catalog",)
    assert awaited("completed", "committed", "captured") == ()
