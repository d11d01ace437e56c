"""Reads of accounts and profiles."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Value
from django.db.models.functions import Lower

from shared.errors import NotFound
from users import filters
from users.models import User

PROFILE = (
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
)
ACCOUNT = (*PROFILE, "is_active", "last_login_at", "deactivated_at")
GREETING = ("id", "email", "username", "user_type", "is_verified", "is_staff")
ACCOUNT_PARAMETERS = filters.PARAMETERS


class NoSuchUser(NotFound):
    """There is no user with this id."""

    message = "There is no such user."


def row(user: User, fields: tuple[str, ...] = ACCOUNT) -> dict[str, Any]:
    """Return a loaded user as the row that the reads below would return."""
    return {name: getattr(user, name) for name in fields}


def profile(user_id: UUID) -> dict[str, Any]:
    """Return an active user's profile; raises NoSuchUser."""
    return _one(User.objects.filter(id=user_id, is_active=True), PROFILE)


def account(user_id: UUID) -> dict[str, Any]:
    """Return any account, as staff sees it; raises NoSuchUser."""
    return _one(User.objects.filter(id=user_id), ACCOUNT)


def accounts(params: Mapping[str, Any]) -> tuple[QuerySet[Any], tuple[str, ...]]:
    """Return the accounts that the query parameters choose, and their order; raises InvalidInput."""
    chosen, order = filters.accounts(params, User.objects.all())
    return chosen.values(*ACCOUNT), order


def credentials(email: str) -> User | None:
    """Return the user with this address in any case, with what a login needs."""
    found = User.objects.annotate(key=Lower("email")).filter(key=Lower(Value(email)))
    return found.only(*GREETING, "password", "is_active", "epoch").first()


def is_active(user_id: UUID) -> bool:
    """Return whether there is such a user and it is active."""
    return User.objects.filter(id=user_id, is_active=True).exists()


def mail_facts(user_id: UUID) -> dict[str, Any] | None:
    """Return what a mail to an active user needs, or None."""
    return User.objects.filter(id=user_id, is_active=True).values("id", "email", "username").first()  # type: ignore[return-value]


def _one(users: QuerySet[User], fields: tuple[str, ...]) -> dict[str, Any]:
    """Return the only row; raises NoSuchUser."""
    found = users.values(*fields).first()
    if found is None:
        raise NoSuchUser
    return dict(found)
