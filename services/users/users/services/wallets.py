"""Money in, and from wallet to wallet."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from shared.errors import BusinessRuleBroken, InvalidInput
from users.domain.ledger import WALLET_LIMIT, Kind
from users.models import Transfer, Wallet
from users.selectors.users import NoSuchUser
from users.services import ledger


class InsufficientFunds(BusinessRuleBroken):
    """The wallet holds less than what should leave it."""

    code = "insufficient_funds"
    message = "Insufficient funds."


class WalletLimitReached(BusinessRuleBroken):
    """The wallet would hold more than a wallet may."""

    code = "wallet_limit_reached"
    message = f"A wallet holds at most {WALLET_LIMIT}."


def deposit(*, user_id: UUID, amount: Decimal, reference: str = "") -> dict[str, Any]:
    """Put money from outside into an active user's wallet.

    Args:
        user_id: whose wallet.
        amount: above zero.
        reference: for people, at most 200 characters.

    Returns:
        The transfer's row with the wallet's new balance.

    Raises:
        InvalidInput: no such active user.
        WalletLimitReached: the wallet would hold too much.
    """
    with transaction.atomic():
        wallets = _locked(user_id)
        if user_id not in wallets:
            raise InvalidInput.of({"user_id": [NoSuchUser.message]})
        if not ledger.give(user_id, amount):
            raise WalletLimitReached
        made = ledger.record(kind=Kind.DEPOSIT, amount=amount, wallet_id=user_id, reference=reference)
    return _row(made, balance=wallets[user_id] + amount) | {"user_id": user_id}


def transfer(*, user_id: UUID, to: UUID, amount: Decimal) -> dict[str, Any]:
    """Move money from one active user's wallet to another's.

    Args:
        user_id: whose wallet it leaves.
        to: whose wallet it reaches.
        amount: above zero.

    Returns:
        The transfer's row with the sender's new balance.

    Raises:
        NoSuchUser: the sender is no active user.
        InvalidInput: the receiver is the sender, or no active user.
        InsufficientFunds: nothing moved.
        WalletLimitReached: the receiver's wallet would hold too much.
    """
    if to == user_id:
        raise InvalidInput.of({"to": ["Choose somebody else's wallet."]})
    with transaction.atomic():
        wallets = _locked(user_id, to)
        if user_id not in wallets:
            raise NoSuchUser
        if to not in wallets:
            raise InvalidInput.of({"to": [NoSuchUser.message]})
        if not ledger.take(user_id, amount):
            raise InsufficientFunds
        if not ledger.give(to, amount):
            raise WalletLimitReached
        made = ledger.record(kind=Kind.TRANSFER, amount=amount, wallet_id=user_id, to=to)
    return _row(made, balance=wallets[user_id] - amount) | {"to": to}


def _locked(*user_ids: UUID) -> dict[UUID, Decimal]:
    """Lock the wallets of these users, as far as they are active, and return their balances.

    Always in the order of their ids, so that two transfers in opposite directions wait and do not deadlock.
    """
    wallets = Wallet.objects.select_for_update(of=("self",)).filter(user_id__in=user_ids)
    chosen = wallets.filter(user__is_active=True).order_by("user_id")
    return dict(chosen.values_list("user_id", "balance"))


def _row(made: Transfer, *, balance: Decimal) -> dict[str, Any]:
    """Return a new transfer as a row."""
    facts = ("id", "kind", "amount", "reference", "created_at")
    return {name: getattr(made, name) for name in facts} | {"balance": balance}
