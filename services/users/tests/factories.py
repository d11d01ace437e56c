"""Users with wallets and money, as the services would make them."""

from decimal import Decimal

import factory
from django.db import connection
from django.utils import timezone

from shared.db.models import uuid7
from users.domain import emails
from users.models import User, Wallet
from users.selectors.invariants import INVARIANTS
from users.services import accounts, passwords, wallets

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
    "phone_number",
    "is_verified",
    "is_staff",
    "created_at",
    "updated_at",
}


class UserFactory(factory.django.DjangoModelFactory):
    """An active, unverified customer with an empty wallet; `balance=` deposits money, `phone_number=` indexes one."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        is_verified = factory.Trait(verified_at=factory.LazyFunction(timezone.now))

    email = factory.Sequence(lambda number: f"person{number}@shop.example")
    email_key = factory.LazyAttribute(lambda user: emails.key(user.email))
    username = factory.Sequence(lambda number: f"Person {number}")
    password = factory.LazyFunction(lambda: passwords.hashed(PASSWORD))
    phone_number = None
    phone_index = factory.LazyAttribute(lambda user: accounts.phone_index(user.phone_number))

    @factory.post_generation
    def balance(self, create, extracted, **kwargs):
        Wallet.objects.create(user=self)
        if extracted:
            wallets.deposit(user_id=self.id, amount=Decimal(extracted), reference="start")


def balance(user: User) -> Decimal:
    """Return what the wallet holds now."""
    return Wallet.objects.get(user=user).balance


def broken_books() -> list[tuple[str, object]]:
    """Return every row that contradicts a law, as law and id; none may."""
    found = []
    with connection.cursor() as cursor:
        for law, query in INVARIANTS.items():
            cursor.execute(query)
            found += [(law, row[0]) for row in cursor.fetchall()]
    return found
