"""users with one rule broken each."""

from typing import Any
from unittest import mock
from uuid import UUID

from django.db import transaction

from shared.events import outbox
from shared.events.contracts import PaymentVoided
from users.domain.payments import PaymentState
from users.models import Payment
from users.services import ledger, payments


def _state(order_id: UUID) -> str | None:
    """Return what became of an order's money so far."""
    return Payment.objects.filter(order_id=order_id).values_list("state", flat=True).first()


def no_tombstone() -> Any:
    """A cancel that comes before its charge leaves nothing behind."""
    real = payments.payment_cancel

    def cancel(*, order_id: UUID, user_id: UUID) -> None:
        with transaction.atomic():
            if _state(order_id):
                real(order_id=order_id, user_id=user_id)
            else:
                outbox.append(PaymentVoided(order_id=order_id))

    return mock.patch.object(payments, "payment_cancel", cancel)


def charges_what_was_voided() -> Any:
    """A voided payment does not absorb: it can still be charged."""
    real = payments.payment_capture

    def capture(*, order_id: UUID, **asked: Any) -> None:
        Payment.objects.filter(order_id=order_id, state=PaymentState.VOIDED).delete()
        real(order_id=order_id, **asked)

    return mock.patch.object(payments, "payment_capture", capture)


def charges_each_time() -> Any:
    """Each request takes the money."""
    real = payments.payment_capture

    def capture(*, order_id: UUID, user_id: UUID, amount: Any) -> None:
        if _state(order_id) == PaymentState.CAPTURED:
            ledger.take(user_id, amount)
        real(order_id=order_id, user_id=user_id, amount=amount)

    return mock.patch.object(payments, "payment_capture", capture)


def refunds_each_time() -> Any:
    """Each cancel gives the money back."""
    real = payments.payment_cancel

    def cancel(*, order_id: UUID, user_id: UUID) -> None:
        paid = Payment.objects.filter(order_id=order_id, state=PaymentState.REFUNDED).first()
        if paid is not None:
            ledger.give(user_id, paid.amount)
        real(order_id=order_id, user_id=user_id)

    return mock.patch.object(payments, "payment_cancel", cancel)


def never_refunds() -> Any:
    """What was paid stays paid."""
    return mock.patch.object(payments, "next_state", lambda current, *_: current or PaymentState.CAPTURED)


MUTANTS = {
    each.__name__: each
    for each in (no_tombstone, charges_what_was_voided, charges_each_time, refunds_each_time, never_refunds)
}
