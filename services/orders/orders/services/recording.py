"""Writing what was decided about locked orders: rows, timeline, events; hints and metrics after commit.

All ways in (answers, cancelling, the sweep) end here, so that nothing else moves an order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone

from orders import domain
from orders.models import Order, OrderLine
from shared import hints, metrics, tracing
from shared.db import prepared
from shared.events import contracts, outbox


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What made something happen: an event's type or an actor, and which event at which attempt."""

    name: str
    event_id: UUID | None = None
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class Change:
    """One locked order, what was decided about it and why.

    Args:
        order: the locked row as it was.
        story: how it goes on.
        say: what is said to the participants, or None.
        cause: what made it happen.
        asks: how often the present question has been repeated; None leaves the next repetition as planned.
        total: what catalog asks for the held lines, once known.
        shortages: which lines could not be held, JSON-ready.
    """

    order: Order
    story: domain.Story
    say: domain.Question | None
    cause: Cause
    asks: int | None = None
    total: Decimal | None = None
    shortages: list[dict[str, Any]] | None = None

    @property
    def moves(self) -> bool:
        """Return whether the status changes."""
        return self.order.status != self.story.status

    @property
    def kind(self) -> str:
        """Return what the timeline calls it."""
        if self.moves:
            return "transition"
        return "ask" if self.say else "event"

    @property
    def is_needed(self) -> bool:
        """Return whether the row would change at all."""
        return self.asks is not None or story_of(self.order) != self.story


class LostOrder(RuntimeError):
    """A locked order was not as it was read: a defect in the caller, who must lock before deciding."""


def story_of(order: Order) -> domain.Story:
    """Return the order as the saga sees it."""
    return domain.Story(
        status=domain.Status(order.status),
        reason=domain.Reason(order.reason),
        stock=domain.Stock(order.stock),
        money=domain.Money(order.money),
    )


def changed(order: Order, decision: domain.Decision, cause: Cause, **facts: Any) -> Change:
    """Return a decision about an order as a change; a transition starts its question's repetitions anew."""
    asks = 0 if decision.say else None
    return Change(order=order, story=decision.story, say=decision.say, cause=cause, asks=asks, **facts)


# By hand, like all that every order passes through: the ORM takes several times as long to say it.
_RECORD = """
WITH change AS (
    SELECT *
      FROM ROWS FROM (jsonb_to_recordset(%s::jsonb)
           AS (id uuid, was text, status text, reason text, stock text, money text, total numeric, shortages jsonb,
               asks int, pause int, settled boolean, needed boolean, kind text, cause text, event_id uuid, attempt int))
           WITH ORDINALITY
), written AS (
    UPDATE orders AS o
       SET status = c.status,
           reason = c.reason,
           stock = c.stock,
           money = c.money,
           total = coalesce(c.total, o.total),
           shortages = coalesce(c.shortages, o.shortages),
           asks = coalesce(c.asks, o.asks),
           next_ask_at = CASE WHEN c.settled THEN NULL
                              ELSE coalesce(now() + make_interval(secs => c.pause), o.next_ask_at) END,
           settled_at = CASE WHEN c.settled THEN coalesce(o.settled_at, now()) END,
           updated_at = CASE WHEN o.status <> c.status THEN now() ELSE o.updated_at END
      FROM change AS c
     WHERE o.id = c.id AND o.status = c.was AND c.needed
    RETURNING o.id
), told AS (
    INSERT INTO order_timeline (order_id, kind, from_status, to_status, cause, event_id, attempt, trace_id)
    SELECT id, kind, was, status, cause, event_id, attempt, %s FROM change ORDER BY ordinality
)
SELECT count(*) FROM written
"""


def record(changes: Sequence[Change]) -> None:
    """Write changes of locked orders: one statement for rows and timeline, one for events.

    Args:
        changes: of orders that this transaction has locked, each order once.

    Raises:
        LostOrder: an order was not locked, and has moved meanwhile.
    """
    if not changes:
        return
    _write(changes)
    events = _events(changes)
    if events:
        outbox.append(*events)
    moved = [change for change in changes if change.moves]
    if moved:
        transaction.on_commit(lambda: _announce(moved))


def _write(changes: Sequence[Change]) -> None:
    """Write rows and timeline."""
    rows = [_row(change) for change in changes]
    needed = sum(row["needed"] for row in rows)
    ((written,),) = prepared.rows(_RECORD, [orjson.dumps(rows, default=str).decode(), tracing.trace_id()])
    if written != needed:
        raise LostOrder(f"{needed - written} of {needed} orders were not locked")


def _row(change: Change) -> dict[str, Any]:
    """Return a change as _RECORD takes it."""
    story, asks = change.story, change.asks
    return {
        "id": change.order.id,
        "was": change.order.status,
        "status": story.status.value,
        "reason": story.reason.value,
        "stock": story.stock.value,
        "money": story.money.value,
        "total": change.total,
        "shortages": change.shortages,
        "asks": asks,
        "pause": None if asks is None else domain.pause_seconds(asks),
        "settled": story.is_settled,
        "needed": change.is_needed,
        "kind": change.kind,
        "cause": change.cause.name,
        "event_id": change.cause.event_id,
        "attempt": change.cause.attempt,
    }


def _events(changes: Sequence[Change]) -> list[contracts.Contract]:
    """Return what is said, in order; lines are read once for all that need them."""
    saying = [change for change in changes if change.say]
    lines = _lines(change.order.id for change in saying if change.say is domain.Question.ORDER_PLACED)
    return [_event(change, lines) for change in saying]


def _lines(order_ids: Iterable[UUID]) -> dict[UUID, list[contracts.OrderLine]]:
    """Return the lines of some orders, by order."""
    found: dict[UUID, list[contracts.OrderLine]] = {order_id: [] for order_id in order_ids}
    if found:
        rows = OrderLine.objects.filter(order_id__in=found).order_by("id")
        for order_id, product_id, quantity in rows.values_list("order_id", "product_id", "quantity"):
            found[order_id].append(contracts.OrderLine(product_id=product_id, quantity=quantity))
    return found


def _event(change: Change, lines: dict[UUID, list[contracts.OrderLine]]) -> contracts.Contract:
    """Return the event that says it."""
    order = change.order
    if change.say is domain.Question.ORDER_PLACED:
        return contracts.OrderPlaced(order_id=order.id, user_id=order.user_id, lines=tuple(lines[order.id]))
    if change.say is domain.Question.PAYMENT_REQUESTED:
        amount = order.total if change.total is None else change.total
        return contracts.PaymentRequested(order_id=order.id, user_id=order.user_id, amount=amount)
    if change.say is domain.Question.ORDER_COMPLETED:
        return contracts.OrderCompleted(order_id=order.id)
    reason = change.story.reason.value
    return contracts.OrderCancelled(order_id=order.id, user_id=order.user_id, reason=reason)  # type: ignore[arg-type]


def _announce(moved: Sequence[Change]) -> None:
    """Wake who waits for these orders, and count those that reached a final status."""
    now = timezone.now()
    for change in moved:
        hints.publish(f"order:{change.order.id}", change.story.status.value)
        if change.story.status in domain.FINAL:
            metrics.ORDERS.labels(status=change.story.status.value, reason=change.story.reason.value).inc()
        if change.story.status in domain.FINAL and change.order.status in domain.OPEN:
            metrics.ORDER_SETTLEMENT.observe(max((now - change.order.placed_at).total_seconds(), 0))
