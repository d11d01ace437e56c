"""The tables of the ledger: wallets, transfers, their entries, and what became of each order's money.

That the entries of a transfer add up to zero is a deferred constraint trigger (migration 0002).
"""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from shared.db.models import MoneyField, uuid7
from users.domain.ledger import Book, Kind
from users.domain.payments import PaymentState, Refusal
from users.models.users import User

ORDER_KINDS = [Kind.PAYMENT.value, Kind.REFUND.value]


class Wallet(models.Model):
    """A user's money; the balance is what its entries add up to."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.PROTECT, related_name="wallet")
    balance = MoneyField(default=0)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "wallets"
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="wallets_balance_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.user_id)


class Transfer(models.Model):
    """One movement of money; `wallet` legs and system legs are its entries."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Kind])
    amount = MoneyField()
    order_id = models.UUIDField(null=True)
    reference = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "ledger_transfers"
        constraints = [
            models.UniqueConstraint(fields=["order_id", "kind"], name="ledger_transfers_once_per_order"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="ledger_transfers_amount_positive"),
            models.CheckConstraint(
                condition=Q(kind__in=ORDER_KINDS, order_id__isnull=False)
                | (Q(kind__in=[Kind.DEPOSIT.value, Kind.TRANSFER.value]) & Q(order_id__isnull=True)),
                name="ledger_transfers_order_iff_payment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Entry(models.Model):
    """One side of a transfer: the signed amount that reached an account."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="entries")
    book = models.CharField(max_length=10, choices=[(each.value, each.value) for each in Book])
    wallet = models.ForeignKey(Wallet, null=True, on_delete=models.PROTECT, related_name="entries", db_index=False)
    amount = MoneyField()

    class Meta:
        db_table = "ledger_entries"
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="ledger_entries_amount_not_zero"),
            models.CheckConstraint(
                condition=Q(book=Book.WALLET.value, wallet__isnull=False)
                | Q(book__in=[Book.CASH.value, Book.SALES.value], wallet__isnull=True),
                name="ledger_entries_wallet_iff_book",
            ),
        ]
        indexes = [
            models.Index(
                F("wallet").asc(),
                F("id").desc(),
                condition=Q(wallet__isnull=False),
                name="ledger_entries_of_wallet",
            )
        ]

    def __str__(self) -> str:
        return f"{self.book} {self.amount}"


class Payment(models.Model):
    """What became of an order's money; the primary key makes the first question the only one that decides."""

    order_id = models.UUIDField(primary_key=True)
    user_id = models.UUIDField()
    state = models.CharField(max_length=10, choices=[(each.value, each.value) for each in PaymentState])
    amount = MoneyField(null=True)
    reason = models.CharField(max_length=20, blank=True, db_default="")
    transfer = models.ForeignKey(Transfer, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "payments"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[PaymentState.CAPTURED.value, PaymentState.REFUNDED.value],
                    transfer__isnull=False,
                    amount__gt=0,
                    reason="",
                )
                | Q(
                    state=PaymentState.DECLINED.value,
                    transfer__isnull=True,
                    amount__isnull=False,
                    reason__in=[each.value for each in Refusal],
                )
                | Q(state=PaymentState.VOIDED.value, transfer__isnull=True, amount__isnull=True, reason=""),
                name="payments_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.state}"
