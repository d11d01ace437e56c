"""orders with one rule broken each."""

from contextlib import suppress
from typing import Any
from unittest import mock

from django.db import transaction

from orders import domain, services
from orders.domain import Message, Money, Move, Outcome, Question, Status, saga
from orders.services import answers, recording


def _cell(status: Status, message: Message, cell: Move | Outcome) -> Any:
    """Change one cell of the saga's table."""
    return mock.patch.dict(saga.TABLE, {(status, message): cell})


def late_capture_completes() -> Any:
    """Money that comes after the cancel completes the order."""
    return _cell(Status.CANCELLED, Message.PAYMENT_CAPTURED, Move(Status.COMPLETED, Question.ORDER_COMPLETED))


def late_hold_reopens() -> Any:
    """A reservation that comes after the cancel lets the order go on."""
    return _cell(Status.CANCELLED, Message.STOCK_RESERVED, Move(Status.PROCESSING, Question.PAYMENT_REQUESTED))


def late_hold_is_paid_again() -> Any:
    """A reservation that comes again, after the order was completed, asks for the money again."""
    return _cell(Status.COMPLETED, Message.STOCK_RESERVED, Move(Status.PROCESSING, Question.PAYMENT_REQUESTED))


def completes_unpaid() -> Any:
    """The reservation is enough to complete the order."""
    return _cell(Status.PROCESSING, Message.STOCK_RESERVED, Move(Status.COMPLETED, Question.ORDER_COMPLETED))


def decline_not_heard() -> Any:
    """An order that cannot be paid goes on waiting."""
    return _cell(Status.PROCESSING, Message.PAYMENT_DECLINED, Outcome.STAYS)


def cancel_while_paying_is_silent() -> Any:
    """Cancelling an order that is being paid tells nobody: the money is not voided."""
    return _cell(Status.PROCESSING, Message.CANCEL, Move(Status.CANCELLED, None))  # type: ignore[arg-type]


def believes_the_last() -> Any:
    """The last report wins, even over one of a final state."""
    return mock.patch.object(Money, "merged", lambda mine, other: mine if other is Money.NONE else other)


def cancelled_never_asks() -> Any:
    """A cancelled order does not ask again."""
    real = domain.pending_question

    def pending(story: domain.Story) -> Question | None:
        return None if story.status is Status.CANCELLED else real(story)

    return mock.patch.object(domain, "pending_question", pending)


def price_not_checked() -> Any:
    """Whatever catalog says it holds, at whatever price, is taken for what was ordered."""

    def confirm(*, order_id: Any, lines: Any, total: Any, cause: Any) -> None:
        with transaction.atomic():
            order = answers.locked(order_id)
            decision = domain.decide(recording.story_of(order), Message.STOCK_RESERVED)
            with suppress(answers.ReservationMismatch):
                answers._fill(order_id, lines)
            recording.record([recording.changed(order, decision, cause, total=total if decision.say else None)])

    return mock.patch.object(services, "order_hold_confirm", confirm)


MUTANTS = {
    each.__name__: each
    for each in (
        late_capture_completes,
        late_hold_reopens,
        late_hold_is_paid_again,
        completes_unpaid,
        decline_not_heard,
        cancel_while_paying_is_silent,
        believes_the_last,
        cancelled_never_asks,
        price_not_checked,
    )
}
