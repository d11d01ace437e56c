"""Moving money: balances change only together with the entries that say why. For the services here only.

Balances change by one conditional statement each, so that no balance is ever computed from an old read.
"""

from decimal import Decimal
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Now

from users.domain.ledger import WALLET_LIMIT, Kind, legs
from users.models import Entry, Transfer, Wallet


def take(wallet_id: UUID, amount: Decimal) -> bool:
    """Take money out of a wallet; returns False, and takes nothing, when there is not enough."""
    enough = Wallet.objects.filter(user_id=wallet_id, balance__gte=amount)
    return enough.update(balance=F("balance") - amount, updated_at=Now()) == 1


def give(wallet_id: UUID, amount: Decimal, *, limit: Decimal | None = WALLET_LIMIT) -> bool:
    """Put money into a wallet; returns False when there is no such wallet or it would exceed the limit."""
    wallets = Wallet.objects.filter(user_id=wallet_id)
    if limit is not None:
        wallets = wallets.filter(balance__lte=limit - amount)
    return wallets.update(balance=F("balance") + amount, updated_at=Now()) == 1


def record(
    *,
    kind: Kind,
    amount: Decimal,
    wallet_id: UUID,
    to: UUID | None = None,
    order_id: UUID | None = None,
    reference: str = "",
) -> Transfer:
    """Write a transfer and its two entries.

    Args:
        kind: why the money moves.
        amount: how much, above zero.
        wallet_id: into (deposit, refund) or out of (payment, transfer) which wallet.
        to: the receiving wallet of a transfer.
        order_id: of a payment or refund; each happens once per order.
        reference: for people.
    """
    sides = legs(kind=kind, amount=amount, wallet_id=wallet_id, to=to)
    transfer = Transfer.objects.create(kind=kind, amount=amount, order_id=order_id, reference=reference)
    Entry.objects.bulk_create(
        Entry(transfer=transfer, book=leg.book, wallet_id=leg.wallet_id, amount=leg.amount) for leg in sides
    )
    return transfer
