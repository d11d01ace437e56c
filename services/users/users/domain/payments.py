"""The payment of an order as a lattice: final states absorb, so every question may be asked again.

none -> captured -> refunded;  none -> declined;  none -> voided (a tombstone: cancelled first).
"""

from enum import StrEnum


class PaymentState(StrEnum):
    """What became of an order's money."""

    CAPTURED = "captured"
    DECLINED = "declined"
    REFUNDED = "refunded"
    VOIDED = "voided"


class Ask(StrEnum):
    """What orders may ask for."""

    CAPTURE = "capture"
    CANCEL = "cancel"


class Refusal(StrEnum):
    """Why a payment was declined."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    USER_INACTIVE = "user_inactive"


def next_state(current: PaymentState | None, ask: Ask, refusal: Refusal | None = None) -> PaymentState:
    """Return the state after a question.

    Args:
        current: the state so far; None when this is the first question about the order.
        ask: the question.
        refusal: why the money cannot be taken, if it cannot; matters to the first capture only.
    """
    if current is None:
        if ask is Ask.CANCEL:
            return PaymentState.VOIDED
        return PaymentState.DECLINED if refusal else PaymentState.CAPTURED
    if current is PaymentState.CAPTURED and ask is Ask.CANCEL:
        return PaymentState.REFUNDED
    return current
