"""Repair by hand: a stuck order is asked about again at once, or cancelled for a named reason."""

from uuid import UUID

from django.db import transaction

from orders import domain
from orders.services.answers import locked
from orders.services.cancelling import OrderNotCancellable
from orders.services.recording import Cause, Change, changed, record, story_of


def order_ask_again(*, order_id: UUID, cause: Cause) -> domain.Question | None:
    """Ask an order's pending question now, and start its repetitions anew.

    Args:
        order_id: the order.
        cause: who wants it.

    Returns:
        What was asked, or None when the order is settled.

    Raises:
        OrderUnknown: there is no such order.
    """
    with transaction.atomic(savepoint=False):
        order = locked(order_id)
        story = story_of(order)
        question = domain.pending_question(story)
        if question is not None:
            record([Change(order=order, story=story, say=question, cause=cause, asks=0)])
    return question


def order_call_off(*, order_id: UUID, reason: domain.Reason, cause: Cause) -> None:
    """Cancel an open order for any reason.

    Args:
        order_id: the order.
        reason: why.
        cause: who wants it.

    Raises:
        OrderUnknown: there is no such order.
        OrderNotCancellable: it is completed or cancelled.
    """
    with transaction.atomic(savepoint=False):
        order = locked(order_id)
        decision = domain.decide(story_of(order), domain.Message.CANCEL, reason)
        if decision.refused:
            raise OrderNotCancellable(extra={"order_id": order.id, "order_status": order.status})
        record([changed(order, decision, cause)])
