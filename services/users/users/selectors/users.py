"""Reads of accounts and profiles."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from shared.db import prepared
from shared.errors import NotFound
from users import filters
from users.domain import emails
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
    "phone_number",
    "is_verified",
    "is_staff",
    "created_at",
    "updated_at",
)
ACCOUNT = (*PROFILE, "is_active", "last_login_at", "deactivated_at")
GREETING = ("id", "email", "username", "user_type", "is_verified", "is_staff")
ACCOUNT_PARAMETERS = filters.PARAMETERS

_COMPUTED = {"is_verified": ExpressionWrapper(Q(verified_at__isnull=False), output_field=BooleanField())}
_LOGIN = ("id", "email", "username", "user_type", "verified_at", "is_staff", "password", "is_active", "epoch")


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
    return _rows(chosen, ACCOUNT), order


def credentials(email: str) -> User | None:
    """Return the user with this address in any case, with what a login needs."""
    return User.objects.filter(email_key=emails.key(email)).only(*_LOGIN).first()


def is_active(user_id: UUID) -> bool:
    """Return whether there is such a user and it is active."""
    return bool(prepared.rows("SELECT 1 FROM users WHERE id = %s AND is_active", [user_id]))


def mail_facts(user_id: UUID) -> dict[str, Any] | None:
    """Return what a mail to an active user needs, or None."""
    return User.objects.filter(id=user_id, is_active=True).values("id", "email", "username").first()  # type: ignore[return-value]


def _rows(users: QuerySet[User], fields: tuple[str, ...]) -> QuerySet[Any]:
    """Return users as rows of these fields, stored and computed ones."""
    stored = [name for name in fields if name not in _COMPUTED]
    computed = {name: _COMPUTED[name] for name in fields if name in _COMPUTED}
    return users.values(*stored, **computed)  # type: ignore[no-any-return]


def _one(users: QuerySet[User], fields: tuple[str, ...]) -> dict[str, Any]:
    """Return the only row; raises NoSuchUser."""
    found = _rows(users, fields).first()
    if found is None:
        raise NoSuchUser
    return dict(found)
