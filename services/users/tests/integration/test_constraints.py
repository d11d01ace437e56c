"""Invariants that the database itself keeps, whoever writes."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from factories import UserFactory

from shared.db.models import uuid7
from users.domain.ledger import Book, Kind
from users.models import Entry, Payment, Transfer, Wallet

pytestmark = pytest.mark.django_db


def refused(constraint, act):
    def committed():
        with transaction.atomic():
            act()
            connection.check_constraints()

    with pytest.raises(IntegrityError) as caught:
        committed()
    assert caught.value.__cause__.diag.constraint_name == constraint


@pytest.mark.parametrize("age", [0, 12, 121, 500])
def test_ages_stay_in_range(age):
    refused("users_age_range", lambda: UserFactory(age=age))


@pytest.mark.parametrize("email", ["", "a", "a@b", "a b@c.example", "a@b@c.example", "@b.example"])
def test_addresses_look_like_addresses(email):
    refused("users_email_pattern", lambda: UserFactory(email=email))


@pytest.mark.parametrize("email", ["ANN@shop.example", "ann@\uff53hop.example", "ann@SHOP.example"])
def test_an_address_in_another_spelling_is_the_same_address(email):
    UserFactory(email="ann@shop.example")

    refused("users_email_key_unique", lambda: UserFactory(email=email))


def test_an_active_account_has_the_key_of_its_address():
    refused("users_active_has_email_key", lambda: UserFactory(email_key=None))

    UserFactory(email_key=None, is_active=False, deactivated_at=timezone.now())
    UserFactory(email_key=None, is_active=False, deactivated_at=timezone.now())


def test_an_active_premium_user_has_a_phone_number():
    refused("users_premium_has_phone", lambda: UserFactory(user_type="premium"))

    UserFactory(user_type="premium", phone_number="+15551234567")
    UserFactory(user_type="premium", is_active=False, deactivated_at=timezone.now())


@pytest.mark.parametrize("columns", [{"phone_number": "+15551234567", "phone_index": None}, {"phone_index": b"x"}])
def test_a_phone_number_has_its_index_and_an_index_its_number(columns):
    refused("users_phone_iff_index", lambda: UserFactory(**columns))


def test_the_type_of_user_is_known():
    refused(
        "users_user_type_known",
        lambda: UserFactory(user_type="vip"),
    )


def test_an_inactive_user_has_a_time_of_deactivation():
    refused(
        "users_deactivated_at_iff_inactive",
        lambda: UserFactory(is_active=False),
    )


def test_a_balance_is_never_negative():
    user = UserFactory(balance="1.00")

    refused("wallets_balance_not_negative", lambda: Wallet.objects.filter(user=user).update(balance="-0.01"))


@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
def test_only_an_amount_above_zero_is_transferred(amount):
    refused(
        "ledger_transfers_amount_positive",
        lambda: Transfer.objects.create(kind=Kind.DEPOSIT, amount=amount),
    )


@pytest.mark.parametrize(("kind", "order_id"), [(Kind.PAYMENT, None), (Kind.REFUND, None), (Kind.DEPOSIT, uuid7())])
def test_exactly_payments_and_refunds_belong_to_an_order(kind, order_id):
    refused(
        "ledger_transfers_order_iff_payment",
        lambda: Transfer.objects.create(kind=kind, amount=1, order_id=order_id),
    )


def test_an_order_is_paid_once():
    order_id = uuid7()
    user = UserFactory(balance="10.00")

    def pay():
        transfer = Transfer.objects.create(kind=Kind.PAYMENT, amount=1, order_id=order_id)
        Entry.objects.create(transfer=transfer, book=Book.WALLET, wallet_id=user.id, amount=-1)
        Entry.objects.create(transfer=transfer, book=Book.SALES, amount=1)

    pay()

    refused("ledger_transfers_once_per_order", pay)


def test_a_transfer_whose_entries_do_not_add_up_cannot_be_committed():
    user = UserFactory()

    def lopsided():
        transfer = Transfer.objects.create(kind=Kind.DEPOSIT, amount=1)
        Entry.objects.create(transfer=transfer, book=Book.CASH, amount=Decimal("-1.00"))
        Entry.objects.create(transfer=transfer, book=Book.WALLET, wallet_id=user.id, amount=Decimal("1.01"))

    refused("ledger_entries_add_up", lopsided)


@pytest.mark.parametrize("change", ["UPDATE {} SET amount = amount + 1", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["ledger_entries", "ledger_transfers"])
def test_the_ledger_is_only_added_to(change, table):
    UserFactory(balance="1.00")

    def meddle():
        with connection.cursor() as cursor:
            cursor.execute(change.format(table))

    refused("ledger_is_append_only", meddle)


@pytest.mark.parametrize(
    "row",
    [
        {"state": "captured", "amount": 1},
        {"state": "refunded", "amount": 1},
        {"state": "declined", "amount": 1, "reason": ""},
        {"state": "declined", "amount": 1, "reason": "mood"},
        {"state": "voided", "amount": 1},
        {"state": "voided", "reason": "user_inactive"},
        {"state": "pending", "amount": 1},
    ],
)
def test_a_payments_state_fits_its_facts(row):
    refused("payments_state", lambda: Payment.objects.create(order_id=uuid7(), user_id=uuid7(), **row))
