"""The demo data: an admin, a customer, and the customer's money."""

from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from shared.db.locks import lock_id
from users.domain import emails
from users.models import User
from users.selectors import users, wallets
from users.services import accounts, keys, passwords
from users.services import wallets as wallet_services

ADMIN, CUSTOMER = "admin@plaza.example", "demo@plaza.example"
MONEY = Decimal("10000.00")
REFERENCE = "demo money"


def seed(*, password: str, now: datetime) -> list[str]:
    """Make sure that signing key, demo users and demo money exist.

    Args:
        password: of both users; replaces another one.
        now: the time of asking.

    Returns:
        What there is, in lines for a person.

    Raises:
        InvalidInput: the password is too weak.
    """
    key = keys.ensure(now=now)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_id("seed")])
        admin = _user(ADMIN, username="Plaza admin", password=password)
        User.objects.filter(id=admin.id).update(is_staff=True, verified_at=now)
        customer = _user(CUSTOMER, username="Demo customer", password=password)
        User.objects.filter(id=customer.id).update(verified_at=now)
        if not wallets.has_deposit(customer.id, reference=REFERENCE):
            wallet_services.deposit(user_id=customer.id, amount=MONEY, reference=REFERENCE)
    return [f"signing key {key.kid}", f"admin {ADMIN} {admin.id}", f"customer {CUSTOMER} {customer.id}"]


def _user(email: str, *, username: str, password: str) -> User:
    """Return the user with this address and password, registered now if there is none."""
    user = users.credentials(email)
    if user is None:
        accounts.user_register(email=email, username=username, password=password)
        return User.objects.get(email_key=emails.key(email))
    if not passwords.matches(password, user.password):
        User.objects.filter(id=user.id).update(password=passwords.hashed(password))
    return user
