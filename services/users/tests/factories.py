"""Users with wallets and money, as the services would make them."""

from decimal import Decimal

import factory
from django.db import connection

from shared.db.models import uuid7
from users.models import User, Wallet
from users.services import passwords, wallets

PASSWORD = "Correct-Horse-7"
STAFF = uuid7()
OWN_FIELDS = {
    "id",
    "email",
    "username",
    "user_type",
    "age",
    "bio",
    "avatar_url",
    "location",
    "is_verified",
    "is_staff",
    "created_at",
    "updated_at",
}


class UserFactory(factory.django.DjangoModelFactory):
    """An active, unverified customer with an empty wallet; `balance=` deposits money first."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"person{number}@shop.example")
    username = factory.Sequence(lambda number: f"Person {number}")
    password = factory.LazyFunction(lambda: passwords.hashed(PASSWORD))

    @factory.post_generation
    def balance(self, create, extracted, **kwargs):
        Wallet.objects.create(user=self)
        if extracted:
            wallets.deposit(user_id=self.id, amount=Decimal(extracted), reference="start")


def balance(user: User) -> Decimal:
    """Return what the wallet holds now."""
    return Wallet.objects.get(user=user).balance


def broken_books() -> list[tuple[str, object]]:
    """Return every row that contradicts the ledger's laws; none may."""
    laws = {
        "balance is the sum of entries": (
            "SELECT w.user_id FROM wallets w LEFT JOIN (SELECT wallet_id, sum(amount) s FROM ledger_entries"
            " GROUP BY 1) e ON e.wallet_id = w.user_id WHERE w.balance <> coalesce(e.s, 0)"
        ),
        "transfers add up to zero": (
            "SELECT transfer_id FROM ledger_entries GROUP BY 1 HAVING sum(amount) <> 0 OR count(*) <> 2"
        ),
        "every transfer has entries of its amount": (
            "SELECT t.id FROM ledger_transfers t LEFT JOIN ledger_entries e ON e.transfer_id = t.id"
            " GROUP BY t.id, t.amount HAVING coalesce(max(e.amount), 0) <> t.amount"
        ),
        "payments have the transfers that their state says": (
            "SELECT p.order_id FROM payments p LEFT JOIN ledger_transfers t ON t.order_id = p.order_id"
            " GROUP BY p.order_id, p.state, p.amount HAVING array_agg(t.kind ORDER BY t.kind)::text <>"
            " CASE p.state WHEN 'captured' THEN '{payment}' WHEN 'refunded' THEN '{payment,refund}'"
            " ELSE '{NULL}' END"
        ),
        "no order is paid without a payment": (
            "SELECT t.id FROM ledger_transfers t LEFT JOIN payments p USING (order_id)"
            " WHERE t.order_id IS NOT NULL AND (p.order_id IS NULL OR p.amount <> t.amount)"
        ),
    }
    found = []
    with connection.cursor() as cursor:
        for law, query in laws.items():
            cursor.execute(query)
            found += [(law, row[0]) for row in cursor.fetchall()]
    return found
