"""What users accepts, field by field, and what it answers; inputs are strict, outputs are plain functions."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers

from shared.http.serializers import AmountField, StrictSerializer
from users.domain.ages import OLDEST, YOUNGEST
from users.domain.passwords import LONGEST

Row = Mapping[str, Any]

_PROFILE = (
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


class PasswordField(serializers.CharField):
    """A password: taken as it is, spaces included."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=LONGEST, **kwargs)


class Registration(StrictSerializer):
    """POST /users/."""

    email = serializers.EmailField(max_length=254)
    username = serializers.CharField(max_length=150)
    password = PasswordField()
    password_confirm = PasswordField()
    age = serializers.IntegerField(min_value=YOUNGEST, max_value=OLDEST, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Compare the two passwords and keep one."""
        if attrs.pop("password_confirm") != attrs["password"]:
            raise serializers.ValidationError({"password_confirm": ["The passwords do not match."]})
        return attrs


class Profile(StrictSerializer):
    """PATCH /users/me/."""

    username = serializers.CharField(max_length=150)
    age = serializers.IntegerField(min_value=YOUNGEST, max_value=OLDEST, allow_null=True)
    bio = serializers.CharField(max_length=500, allow_blank=True)
    avatar_url = serializers.URLField(max_length=500, allow_blank=True)
    location = serializers.CharField(max_length=100, allow_blank=True)


class Account(Profile):
    """PATCH /users/{id}/, for staff."""

    user_type = serializers.ChoiceField(choices=["regular", "premium"])
    is_verified = serializers.BooleanField()
    is_active = serializers.BooleanField()

    def validate_is_active(self, value: bool) -> bool:  # noqa: FBT001 (DRF calls it)
        """Refuse to bring a deactivated account back: the other services have forgotten it."""
        if value:
            raise serializers.ValidationError("Deactivation is final; only false is accepted.")
        return value


class Credentials(StrictSerializer):
    """POST /auth/login/."""

    email = serializers.EmailField(max_length=254)
    password = PasswordField()


class Refresh(StrictSerializer):
    """POST /auth/refresh/ and /auth/logout/."""

    refresh = serializers.CharField(max_length=4096)  # an access token fits, and is refused like any wrong one


class Verification(StrictSerializer):
    """POST /auth/verify-email/."""

    token = serializers.CharField(max_length=1000)


class PasswordChange(StrictSerializer):
    """POST /auth/password/change/."""

    current_password = PasswordField()
    new_password = PasswordField()
    new_password_confirm = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Compare the two new passwords and keep one."""
        if attrs.pop("new_password_confirm") != attrs["new_password"]:
            raise serializers.ValidationError({"new_password_confirm": ["The passwords do not match."]})
        return attrs


class Deposit(StrictSerializer):
    """POST /wallet/deposits/."""

    user_id = serializers.UUIDField()
    amount = AmountField()
    reference = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class Transfer(StrictSerializer):
    """POST /wallet/transfers/."""

    to = serializers.UUIDField()
    amount = AmountField()


def profile(row: Row) -> dict[str, Any]:
    """Return a user as it sees itself."""
    return {name: row[name] for name in _PROFILE}


def account(row: Row) -> dict[str, Any]:
    """Return a user as staff sees it."""
    return profile(row) | {name: row[name] for name in ("is_active", "last_login_at", "deactivated_at")}


def wallet(row: Row) -> dict[str, Any]:
    """Return a wallet."""
    return {"balance": row["balance"], "currency": settings.CURRENCY, "updated_at": row["updated_at"]}


def entry(row: Row) -> dict[str, Any]:
    """Return one side of a transfer; what left the wallet is below zero."""
    return {name: row[name] for name in ("id", "kind", "amount", "order_id", "reference", "created_at")}
