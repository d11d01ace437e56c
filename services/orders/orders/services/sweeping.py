"""The sweep: open orders whose time is over are cancelled, unanswered questions are asked again.

Times are compared by the database's clock; SKIP LOCKED leaves out what somebody else is working on.
"""

from collections.abc import Callable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from orders import domain
from orders.models import Order
from orders.services.recording import Cause, Change, changed, record, story_of
from shared.db.locks import advisory_lock

_BATCH = 200
_MOST_BATCHES = 50  # a tick ends, so that the next one can begin elsewhere
_OPEN = Q(status__in=[each.value for each in domain.OPEN])


def orders_sweep() -> dict[str, int]:
    """Cancel what has timed out and ask again what was not answered; one process at a time.

    Returns:
        How many of each.
    """
    with advisory_lock("orders_sweep") as taken:
        return _sweep() if taken else {"timed_out": 0, "asked_again": 0}


def _sweep() -> dict[str, int]:
    """Do both rounds."""
    late = Order.objects.filter(_OPEN, deadline_at__lte=Now()).order_by("deadline_at")
    unanswered = Order.objects.filter(next_ask_at__lte=Now()).order_by("next_ask_at")
    return {"timed_out": _all(late, _time_out), "asked_again": _all(unanswered, _ask_again)}


def _all(due: QuerySet[Order], change: Callable[[Order], Change]) -> int:
    """Change all that is due, batch by batch, each in a transaction of its own."""
    total = 0
    for _ in range(_MOST_BATCHES):
        count = _batch(due, change)
        total += count
        if count < _BATCH:
            break
    return total


def _batch(due: QuerySet[Order], change: Callable[[Order], Change]) -> int:
    """Change one batch of what is due and not locked by others."""
    with transaction.atomic(savepoint=False):
        orders = list(due.select_for_update(skip_locked=True)[:_BATCH])
        if orders:
            record([change(order) for order in orders])
    return len(orders)


def _time_out(order: Order) -> Change:
    """Return the order as its time-out leaves it."""
    decision = domain.decide(story_of(order), domain.Message.TIMEOUT)
    return changed(order, decision, Cause(name="timeout"))


def _ask_again(order: Order) -> Change:
    """Return the order with its pending question asked once more, and the next repetition further away."""
    story, asks = story_of(order), order.asks + 1
    cause = Cause(name="no_answer", attempt=asks + 1)
    return Change(order=order, story=story, say=domain.pending_question(story), cause=cause, asks=asks)
