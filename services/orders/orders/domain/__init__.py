"""The pure rules of an order: statuses, participants' progress, and the saga that decides; no Django here."""

from orders.domain.limits import LARGEST_QUANTITY, MOST_LINES
from orders.domain.progress import Money, Stock, is_settled
from orders.domain.saga import (
    TABLE,
    Decision,
    Message,
    Move,
    Outcome,
    Question,
    Story,
    awaited,
    decide,
    pause_seconds,
    pending_question,
)
from orders.domain.statuses import FINAL, OPEN, Reason, Status

__all__ = [
    "FINAL",
    "LARGEST_QUANTITY",
    "MOST_LINES",
    "OPEN",
    "TABLE",
    "Decision",
    "Message",
    "Money",
    "Move",
    "Outcome",
    "Question",
    "Reason",
    "Status",
    "Stock",
    "Story",
    "awaited",
    "decide",
    "is_settled",
    "pause_seconds",
    "pending_question",
]
