"""Cancelling: by the customer, by staff (who may also refund), or because the user was deactivated."""

from uuid import UUID

from django.db import transaction

from orders import domain
from orders.models import Order
from orders.services.recording import Cause, changed, record, story_of
from shared.errors import Conflict, NotFound


class OrderNotCancellable(Conflict):
    """The order's status does not allow to cancel it."""

    code = "order_not_cancellable"
    message = "The order cannot be cancelled any more."


def order_cancel(*, order_id: UUID, actor: UUID, is_staff: bool) -> UUID:
    """Cancel an open order; staff may also cancel a completed one, which refunds and restocks.

    Args:
        order_id: the order.
        actor: who cancels; one who is not staff reaches own orders only.
        is_staff: whether the actor is staff.

    Returns:
        The order's id.

    Raises:
        NotFound: there is no such order, or it is somebody else's.
        OrderNotCancellable: it is cancelled already, or completed and the actor is not staff.
    """
    rows = Order.objects.select_for_update().filter(id=order_id)
    with transaction.atomic(savepoint=False):
        order = (rows if is_staff else rows.filter(user_id=actor)).first()
        if order is None:
            raise NotFound
        message = domain.Message.CANCEL_BY_STAFF if is_staff else domain.Message.CANCEL
        decision = domain.decide(story_of(order), message, domain.Reason.BY_CUSTOMER)
        if decision.refused:
            raise OrderNotCancellable(extra={"order_id": order.id, "order_status": order.status})
        record([changed(order, decision, Cause(name="staff" if is_staff else "customer"))])
    return order_id


def orders_of_user_cancel(*, user_id: UUID, cause: Cause) -> int:
    """Cancel every open order of a user who was deactivated; returns how many.

    Args:
        user_id: the user.
        cause: the event.
    """
    open_orders = Order.objects.filter(user_id=user_id, status__in=[each.value for each in domain.OPEN])
    with transaction.atomic(savepoint=False):
        orders = list(open_orders.select_for_update().order_by("id"))
        reason = domain.Reason.USER_INACTIVE
        decisions = [(order, domain.decide(story_of(order), domain.Message.CANCEL, reason)) for order in orders]
        record([changed(order, decision, cause) for order, decision in decisions])
    return len(orders)
