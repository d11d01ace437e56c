"""Reads of the ledger."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from users.models import Entry, Transfer, Wallet
from users.selectors.users import NoSuchUser

# The id is a UUIDv7, so that it sorts by time and one index serves filter and order.
ENTRY_ORDER = ("-id",)


def wallet(user_id: UUID) -> dict[str, Any]:
    """Return a user's balance; raises NoSuchUser."""
    found = Wallet.objects.filter(user_id=user_id).values("balance", "updated_at").first()
    if found is None:
        raise NoSuchUser
    return dict(found)


def entries(user_id: UUID) -> QuerySet[Any]:
    """Return the entries of a user's wallet."""
    return Entry.objects.filter(wallet_id=user_id).values(
        "id",
        "amount",
        kind=F("transfer__kind"),
        order_id=F("transfer__order_id"),
        reference=F("transfer__reference"),
        created_at=F("transfer__created_at"),
    )


def has_deposit(user_id: UUID, *, reference: str) -> bool:
    """Return whether a deposit with this reference has reached the user's wallet."""
    return Transfer.objects.filter(reference=reference, entries__wallet_id=user_id).exists()
