"""The saga: the one place where an order's story is decided, as a table and a pure function.

The services and the exhaustive model of the tests run this same code.
"""

from dataclasses import dataclass, replace
from enum import Enum, StrEnum

from orders.domain.progress import Money, Stock, is_settled
from orders.domain.statuses import OPEN, Reason, Status


class Message(StrEnum):
    """What can happen to an order: the participants' answers, somebody's wish, the clock."""

    STOCK_RESERVED = "stock_reserved"
    STOCK_REJECTED = "stock_rejected"
    STOCK_COMMITTED = "stock_committed"
    STOCK_RELEASED = "stock_released"
    PAYMENT_CAPTURED = "payment_captured"
    PAYMENT_DECLINED = "payment_declined"
    PAYMENT_REFUNDED = "payment_refunded"
    PAYMENT_VOIDED = "payment_voided"
    CANCEL = "cancel"
    CANCEL_BY_STAFF = "cancel_by_staff"
    TIMEOUT = "timeout"


class Question(StrEnum):
    """What an order says to its participants; each is answered with the participant's current state."""

    ORDER_PLACED = "order_placed"
    PAYMENT_REQUESTED = "payment_requested"
    ORDER_COMPLETED = "order_completed"
    ORDER_CANCELLED = "order_cancelled"


@dataclass(frozen=True)
class Move:
    """A transition: the new status, and what is said about it."""

    to: Status
    say: Question


class Outcome(Enum):
    """What a message does when it moves nothing."""

    STAYS = "stays"
    REFUSED = "refused"


_PAY = Move(Status.PROCESSING, Question.PAYMENT_REQUESTED)
_DONE = Move(Status.COMPLETED, Question.ORDER_COMPLETED)
_OFF = Move(Status.CANCELLED, Question.ORDER_CANCELLED)
_STAYS, _NO = Outcome.STAYS, Outcome.REFUSED

_ROWS: dict[Message, tuple[Move | Outcome, ...]] = {
    # message:                pending, processing, completed, cancelled
    Message.STOCK_RESERVED: (_PAY, _STAYS, _STAYS, _STAYS),
    Message.STOCK_REJECTED: (_OFF, _OFF, _STAYS, _STAYS),
    Message.STOCK_COMMITTED: (_STAYS, _STAYS, _STAYS, _STAYS),
    # Comes unasked only after catalog's database was restored: an open order cannot be filled then.
    Message.STOCK_RELEASED: (_OFF, _OFF, _STAYS, _STAYS),
    Message.PAYMENT_CAPTURED: (_STAYS, _DONE, _STAYS, _STAYS),
    Message.PAYMENT_DECLINED: (_STAYS, _OFF, _STAYS, _STAYS),
    Message.PAYMENT_REFUNDED: (_STAYS, _STAYS, _STAYS, _STAYS),
    Message.PAYMENT_VOIDED: (_STAYS, _STAYS, _STAYS, _STAYS),
    Message.CANCEL: (_OFF, _OFF, _NO, _NO),
    Message.CANCEL_BY_STAFF: (_OFF, _OFF, _OFF, _NO),
    Message.TIMEOUT: (_OFF, _OFF, _STAYS, _STAYS),
}

TABLE: dict[tuple[Status, Message], Move | Outcome] = {
    (status, message): cell for message, cells in _ROWS.items() for status, cell in zip(Status, cells, strict=True)
}

_STOCK = {
    Message.STOCK_RESERVED: Stock.HELD,
    Message.STOCK_REJECTED: Stock.REJECTED,
    Message.STOCK_COMMITTED: Stock.COMMITTED,
    Message.STOCK_RELEASED: Stock.RELEASED,
}
_MONEY = {
    Message.PAYMENT_CAPTURED: Money.CAPTURED,
    Message.PAYMENT_DECLINED: Money.DECLINED,
    Message.PAYMENT_REFUNDED: Money.REFUNDED,
    Message.PAYMENT_VOIDED: Money.VOIDED,
}
_QUESTIONS = {
    Status.PENDING: Question.ORDER_PLACED,
    Status.PROCESSING: Question.PAYMENT_REQUESTED,
    Status.COMPLETED: Question.ORDER_COMPLETED,
    Status.CANCELLED: Question.ORDER_CANCELLED,
}
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 5, 300


@dataclass(frozen=True, kw_only=True)
class Story:
    """An order as the saga sees it."""

    status: Status = Status.PENDING
    reason: Reason = Reason.NONE
    stock: Stock = Stock.NONE
    money: Money = Money.NONE

    @property
    def is_settled(self) -> bool:
        """Return whether nothing is left to be asked."""
        return is_settled(status=self.status, stock=self.stock, money=self.money)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a message makes of a story: how it goes on, and what is said."""

    story: Story
    say: Question | None = None
    refused: bool = False


def decide(story: Story, message: Message, reason: Reason = Reason.NONE) -> Decision:
    """Return what a message makes of a story.

    Args:
        story: the order so far.
        message: what happened.
        reason: why, for a message that can cancel and does not say so itself.
    """
    cell = TABLE[story.status, message]
    if cell is Outcome.REFUSED:
        return Decision(story=story, refused=True)
    heard = replace(
        story,
        stock=story.stock.merged(_STOCK.get(message, Stock.NONE)),
        money=story.money.merged(_MONEY.get(message, Money.NONE)),
    )
    if not isinstance(cell, Move):
        return Decision(story=heard)
    why = _reason(story, message, reason) if cell.to is Status.CANCELLED else Reason.NONE
    return Decision(story=replace(heard, status=cell.to, reason=why), say=cell.say)


def _reason(story: Story, message: Message, given: Reason) -> Reason:
    """Return why the message cancels; raises ValueError when nobody says."""
    fixed = {Message.TIMEOUT: Reason.TIMEOUT, Message.STOCK_RELEASED: Reason.INSUFFICIENT_STOCK}
    reason = fixed.get(message, given)
    if message is Message.CANCEL_BY_STAFF:
        reason = Reason.REFUNDED if story.status is Status.COMPLETED else Reason.BY_STAFF
    if reason is Reason.NONE:
        raise ValueError(f"{message} cancels and needs a reason")
    return reason


def pending_question(story: Story) -> Question | None:
    """Return what to ask again until the story is settled, or None."""
    return None if story.is_settled else _QUESTIONS[story.status]


def awaited(story: Story) -> tuple[str, ...]:
    """Return the services whose answer is missing, catalog first; none when the story is settled."""
    if story.status in OPEN:
        return ("catalog",) if story.status is Status.PENDING else ("users",)
    is_sold = story.status is Status.COMPLETED
    stock = story.stock is Stock.COMMITTED if is_sold else story.stock.is_clear
    money = story.money is Money.CAPTURED if is_sold else story.money.is_clear
    return (*(() if stock else ("catalog",)), *(() if money else ("users",)))


def pause_seconds(asks: int) -> int:
    """Return how long to wait for an answer: 5 s, doubled with each repetition, at most 300 s.

    Args:
        asks: how often the question has been repeated already.
    """
    return min(_FIRST_PAUSE_SECONDS << min(asks, 10), _LONGEST_PAUSE_SECONDS)
