"""Payments of orders: asked for by events, answered with the present state, in whatever order.

The payment's row is the lock: it is always taken before the wallet.
"""

import functools
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from shared import metrics
from shared.db import prepared
from shared.events import outbox
from shared.events.contracts import (
    Contract,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    PaymentVoided,
)
from users.domain.ledger import Kind
from users.domain.payments import Ask, PaymentState, Refusal, next_state
from users.models import Payment
from users.selectors import users
from users.services import ledger

_OPEN = """
INSERT INTO payments (order_id, user_id, state, amount, reason)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT (order_id) DO NOTHING
"""
_MOVED = "UPDATE payments SET state = %s, reason = '', transfer_id = %s, updated_at = now() WHERE order_id = %s"


def payment_capture(*, order_id: UUID, user_id: UUID, amount: Decimal) -> None:
    """Take an order's money, or say why not; asked again, answer with the present state.

    Args:
        order_id: what is paid.
        user_id: who pays.
        amount: above zero; counts only the first time.
    """
    with transaction.atomic(savepoint=False):
        refusal = None if users.is_active(user_id) else Refusal.USER_INACTIVE
        # Declined until the money has moved: whoever asks at the same time waits here for the outcome.
        presumed = refusal or Refusal.INSUFFICIENT_FUNDS
        payment = Payment(
            order_id=order_id, user_id=user_id, state=PaymentState.DECLINED, amount=amount, reason=presumed.value
        )
        if not _open(payment):
            payment = Payment.objects.get(order_id=order_id)
        else:
            _charge(payment, refusal)
        outbox.append(_said(payment))


def payment_cancel(*, order_id: UUID, user_id: UUID) -> None:
    """Give an order's money back, or make sure that it will never be taken; answer with the present state.

    Args:
        order_id: what was cancelled.
        user_id: who ordered it.
    """
    with transaction.atomic(savepoint=False):
        payment = Payment(order_id=order_id, user_id=user_id, state=PaymentState.VOIDED, reason="")
        if _open(payment):
            _count(PaymentState.VOIDED)
        else:
            payment = Payment.objects.select_for_update().get(order_id=order_id)
            current = PaymentState(payment.state)
            if next_state(current, Ask.CANCEL) is not current:
                _refund(payment)
        outbox.append(_said(payment))


def _open(payment: Payment) -> bool:
    """Write an order's payment unless there is one; returns whether this call wrote it."""
    values = [payment.order_id, payment.user_id, payment.state, payment.amount, payment.reason]
    return prepared.execute(_OPEN, values) == 1


def _charge(payment: Payment, refusal: Refusal | None) -> None:
    """Take the money of a payment that this transaction has opened, unless something speaks against it."""
    assert payment.amount is not None  # noqa: S101 (it was asked for)
    if refusal is None and not ledger.take(payment.user_id, payment.amount):
        refusal = Refusal.INSUFFICIENT_FUNDS
    state = next_state(None, Ask.CAPTURE, refusal)
    if state is PaymentState.CAPTURED:
        _move(payment, Kind.PAYMENT, state)
    _count(state)


def _refund(payment: Payment) -> None:
    """Return captured money to the wallet it came from, even to a deactivated user's."""
    assert payment.amount is not None  # noqa: S101 (a constraint says so)
    ledger.give(payment.user_id, payment.amount, limit=None)
    _move(payment, Kind.REFUND, PaymentState.REFUNDED)
    _count(PaymentState.REFUNDED)


def _move(payment: Payment, kind: Kind, state: PaymentState) -> None:
    """Write the transfer of a payment's money, and that it has moved."""
    assert payment.amount is not None  # noqa: S101 (a constraint says so)
    made = ledger.record(kind=kind, amount=payment.amount, wallet_id=payment.user_id, order_id=payment.order_id)
    prepared.execute(_MOVED, [state.value, made.id, payment.order_id])
    payment.state, payment.reason, payment.transfer_id = state, "", made.id


def _count(state: PaymentState) -> None:
    """Count an outcome once it is committed."""
    transaction.on_commit(functools.partial(metrics.PAYMENTS.labels(outcome=state.value).inc))


def _said(payment: Payment) -> Contract:
    """Return the event that says a payment's state."""
    state, order_id = PaymentState(payment.state), payment.order_id
    if state is PaymentState.DECLINED:
        return PaymentDeclined(order_id=order_id, reason=Refusal(payment.reason).value)
    if state is PaymentState.VOIDED:
        return PaymentVoided(order_id=order_id)
    kind = PaymentCaptured if state is PaymentState.CAPTURED else PaymentRefunded
    assert payment.transfer_id is not None  # noqa: S101 (a constraint says so)
    return kind(order_id=order_id, transfer_id=payment.transfer_id)
