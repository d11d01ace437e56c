"""What happens in the users service: people come with some money, and leave."""

from decimal import Decimal
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from users.services import accounts, wallets

_PASSWORD = "Only-In-Tests-7!"


def open_wallets(*, moneys: list[str]) -> list[str]:
    """Register a customer for each amount and put it into the wallet; returns their ids."""
    with transaction.atomic():
        return [_customer(Decimal(money)) for money in moneys]


def _customer(money: Decimal) -> str:
    row = accounts.user_register(email=f"{uuid4()}@example.com", username="somebody", password=_PASSWORD)
    if money:
        wallets.deposit(user_id=row["id"], amount=money)
    return str(row["id"])


def leave(*, user_id: str) -> None:
    """Deactivate a user."""
    accounts.user_deactivate(user_id=UUID(user_id), now=timezone.now())


ACTS = {"open_wallets": open_wallets, "leave": leave}
