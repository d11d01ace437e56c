"""Double entry: money only moves between accounts, so the entries of a transfer add up to zero."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

# Wallets stay a factor of ten below what the columns can hold, so that a refund always fits.
WALLET_LIMIT = Decimal("99999999999.99")


class Kind(StrEnum):
    """Why money moved."""

    DEPOSIT = "deposit"
    PAYMENT = "payment"
    REFUND = "refund"
    TRANSFER = "transfer"


class Book(StrEnum):
    """Whose account an entry belongs to: a user's wallet, or one of the two system accounts.

    The system accounts have no stored balance, so that no row is touched by every payment.
    """

    WALLET = "wallet"
    CASH = "cash"
    SALES = "sales"


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One side of a transfer: an account and the signed amount that reaches it."""

    book: Book
    wallet_id: UUID | None
    amount: Decimal


def legs(*, kind: Kind, amount: Decimal, wallet_id: UUID, to: UUID | None = None) -> tuple[Leg, Leg]:
    """Return the two entries of a transfer: what leaves first, then what arrives.

    Args:
        kind: why the money moves.
        amount: how much, above zero.
        wallet_id: the wallet that it moves into (deposit, refund) or out of (payment, transfer).
        to: the receiving wallet of a transfer.

    Raises:
        ValueError: an amount that is not above zero, or a transfer without another wallet.
    """
    if amount <= 0:
        raise ValueError("only an amount above zero can move")
    if kind is Kind.TRANSFER and (to is None or to == wallet_id):
        raise ValueError("a transfer needs another wallet")
    wallet, other = (Book.WALLET, wallet_id), (Book.WALLET, to)
    source, target = {
        Kind.DEPOSIT: ((Book.CASH, None), wallet),
        Kind.PAYMENT: (wallet, (Book.SALES, None)),
        Kind.REFUND: ((Book.SALES, None), wallet),
        Kind.TRANSFER: (wallet, other),
    }[kind]
    return (
        Leg(book=source[0], wallet_id=source[1], amount=-amount),
        Leg(book=target[0], wallet_id=target[1], amount=amount),
    )
