"""Payments of orders by events: answered always, charged at most once, in any order and however often."""

from decimal import Decimal

import pytest
from django.utils import timezone
from factories import UserFactory, balance, broken_books
from prometheus_client import REGISTRY

from shared.db.models import uuid7
from shared.events.contracts import (
    OrderCancelled,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    PaymentRequested,
    PaymentVoided,
)
from shared.events.models import FailedEvent
from shared.testing.events import clear_outbox, deliver, said
from shared.testing.race import together
from users.domain.ledger import WALLET_LIMIT
from users.models import Payment, Transfer
from users.services import payments, wallets

pytestmark = pytest.mark.django_db

ORDER = uuid7()


@pytest.fixture
def ann():
    return UserFactory(balance="100.00")


def asked(user_id, amount="60.00", order_id=ORDER):
    return PaymentRequested(order_id=order_id, user_id=user_id, amount=Decimal(amount))


def cancelled(user_id, order_id=ORDER):
    return OrderCancelled(order_id=order_id, user_id=user_id, reason="by_customer")


def answers():
    found = said()
    clear_outbox()
    return found


def test_enough_money_is_captured(ann):
    assert deliver(asked(ann.id)) == "handled"

    transfer = Transfer.objects.get(kind="payment")
    assert answers() == [PaymentCaptured(order_id=ORDER, transfer_id=transfer.id)]
    assert (balance(ann), transfer.order_id, transfer.amount) == (40, ORDER, 60)
    assert broken_books() == []


def test_the_last_penny_may_be_spent(ann):
    deliver(asked(ann.id, "100.00"))

    assert isinstance(answers()[0], PaymentCaptured)
    assert balance(ann) == 0


def test_too_little_money_is_declined_for_good(ann):
    deliver(asked(ann.id, "100.01"))
    assert answers() == [PaymentDeclined(order_id=ORDER, reason="insufficient_funds")]
    wallets.deposit(user_id=ann.id, amount=Decimal("1000.00"))
    deliver(asked(ann.id, "100.01"))

    assert answers() == [PaymentDeclined(order_id=ORDER, reason="insufficient_funds")]
    assert balance(ann) == 1100
    assert broken_books() == []


@pytest.mark.parametrize("known", [True, False])
def test_who_has_left_or_never_was_is_declined(known):
    gone = UserFactory(balance="100.00" if known else None)
    if known:
        gone.is_active, gone.deactivated_at = False, timezone.now()
        gone.save()
    user_id = gone.id if known else uuid7()

    deliver(asked(user_id))

    assert answers() == [PaymentDeclined(order_id=ORDER, reason="user_inactive")]
    assert balance(gone) == (100 if known else 0)


def test_the_same_event_twice_has_one_effect_and_one_answer(ann):
    event_id = uuid7()

    assert deliver(asked(ann.id), event_id) == "handled"
    assert deliver(asked(ann.id), event_id) == "duplicate"

    assert len(answers()) == 1
    assert balance(ann) == 40


def test_asking_again_is_answered_again_and_charges_once(ann):
    deliver(asked(ann.id))
    deliver(asked(ann.id))

    first, second = answers()
    assert first == second
    assert isinstance(first, PaymentCaptured)
    assert balance(ann) == 40


def test_another_amount_on_asking_again_is_ignored(ann):
    deliver(asked(ann.id, "60.00"))
    deliver(asked(ann.id, "99.00"))

    first, second = answers()
    assert first == second
    assert (balance(ann), Payment.objects.get().amount) == (40, 60)


def test_a_cancelled_payment_is_refunded_once(ann):
    deliver(asked(ann.id))
    deliver(cancelled(ann.id))
    deliver(cancelled(ann.id))
    deliver(asked(ann.id))

    refund = Transfer.objects.get(kind="refund")
    captured, *rest = answers()
    assert isinstance(captured, PaymentCaptured)
    assert rest == [PaymentRefunded(order_id=ORDER, transfer_id=refund.id)] * 3
    assert balance(ann) == 100
    assert broken_books() == []


def test_a_cancellation_that_comes_first_forbids_the_payment(ann):
    deliver(cancelled(ann.id))
    deliver(asked(ann.id))
    deliver(cancelled(ann.id))
    deliver(asked(ann.id))

    assert answers() == [PaymentVoided(order_id=ORDER)] * 4
    assert balance(ann) == 100
    assert not Transfer.objects.filter(kind="payment").exists()
    assert broken_books() == []


def test_a_declined_payment_stays_declined_when_cancelled(ann):
    deliver(asked(ann.id, "500.00"))
    deliver(cancelled(ann.id))

    assert answers() == [PaymentDeclined(order_id=ORDER, reason="insufficient_funds")] * 2
    assert balance(ann) == 100


def test_who_has_left_is_refunded_all_the_same(ann):
    deliver(asked(ann.id))
    ann.is_active, ann.deactivated_at = False, timezone.now()
    ann.save()

    deliver(cancelled(ann.id))

    assert isinstance(answers()[-1], PaymentRefunded)
    assert balance(ann) == 100


def test_a_refund_fits_into_a_full_wallet(ann):
    deliver(asked(ann.id))
    wallets.deposit(user_id=ann.id, amount=WALLET_LIMIT - 40)

    deliver(cancelled(ann.id))

    assert isinstance(answers()[-1], PaymentRefunded)
    assert balance(ann) == WALLET_LIMIT + 60


def test_nothing_is_not_an_amount(ann):
    assert deliver(asked(ann.id, "0.00")) == "retried"

    assert answers() == []
    assert not Payment.objects.exists()
    assert FailedEvent.objects.get().error.startswith("ValueError")


def outcomes():
    names = ("captured", "declined", "refunded", "voided")
    return {name: REGISTRY.get_sample_value("plaza_payments_total", {"outcome": name}) or 0 for name in names}


@pytest.mark.django_db(transaction=True)
def test_each_outcome_is_counted_once_it_is_committed(ann):
    before = outcomes()

    for event in (
        asked(ann.id),
        asked(ann.id),
        cancelled(ann.id),
        cancelled(ann.id),
        cancelled(ann.id, uuid7()),
        asked(ann.id, "500.00", uuid7()),
    ):
        deliver(event)

    after = outcomes()
    assert {name: after[name] - before[name] for name in after} == {
        "captured": 1,
        "declined": 1,
        "refunded": 1,
        "voided": 1,
    }


@pytest.mark.django_db(transaction=True)
def test_parallel_questions_about_one_order_charge_once(ann):
    assert together(20, lambda _: deliver(asked(ann.id))) == ["handled"] * 20

    found = answers()
    assert len(found) == 20
    assert len(set(found)) == 1
    assert balance(ann) == 40
    assert broken_books() == []


@pytest.mark.django_db(transaction=True)
def test_payment_and_cancellation_at_once_never_keep_the_money(ann):
    for _ in range(10):
        order_id = uuid7()
        events = [asked(ann.id, "10.00", order_id), cancelled(ann.id, order_id)] * 3

        assert together(6, lambda n, events=events: deliver(events[n])) == ["handled"] * 6

        assert Payment.objects.get(order_id=order_id).state in ("refunded", "voided")
        assert isinstance(answers()[-1], PaymentRefunded | PaymentVoided)
    assert balance(ann) == 100
    assert broken_books() == []


@pytest.mark.django_db(transaction=True)
def test_parallel_orders_never_overdraw(ann):
    together(20, lambda _: deliver(asked(ann.id, "30.00", uuid7())))

    states = list(Payment.objects.values_list("state", flat=True))
    assert sorted(states) == ["captured"] * 3 + ["declined"] * 17
    assert balance(ann) == 10
    assert broken_books() == []


def test_a_capture_takes_few_statements(ann, django_assert_num_queries):
    # active?, payment, take, transfer with its entries, settle, outbox
    with django_assert_num_queries(6):
        payments.payment_capture(order_id=ORDER, user_id=ann.id, amount=Decimal(1))
