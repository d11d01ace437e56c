"""What users accepts, field by field."""

from typing import Any

from rest_framework import serializers

from shared.http.serializers import AmountField, StrictSerializer
from users.domain import emails, phones
from users.domain.ages import OLDEST, YOUNGEST
from users.domain.passwords import LONGEST

USER_TYPES = ["regular", "premium"]
_MOST_BULK_USERS = 1000


class AddressField(serializers.EmailField):
    """The e-mail address of a new account."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=emails.LONGEST, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Return the address; raises ValidationError for one that the table would refuse."""
        address = super().to_internal_value(data)
        if not emails.PATTERN.fullmatch(address) or len(emails.key(address)) > emails.LONGEST:
            self.fail("invalid")
        return str(address)


class PasswordField(serializers.CharField):
    """A password: taken as it is, spaces included."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=LONGEST, **kwargs)


class PhoneField(serializers.RegexField):
    """A phone number, taken as it is: what surrounds it is not cut off but refused."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["error_messages"] = {"invalid": phones.EXPLANATION}
        super().__init__(phones.PATTERN, trim_whitespace=False, **kwargs)


class Registration(StrictSerializer):
    """POST /users/."""

    EXAMPLE = {
        "email": "ada@example.com",
        "username": "Ada",
        "password": "Analytical-Engine-1",
        "password_confirm": "Analytical-Engine-1",
        "age": 36,
    }

    email = AddressField()
    username = serializers.CharField(max_length=150)
    password = PasswordField()
    password_confirm = PasswordField()
    age = serializers.IntegerField(min_value=YOUNGEST, max_value=OLDEST, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Compare the two passwords and keep one."""
        if attrs.pop("password_confirm") != attrs["password"]:
            raise serializers.ValidationError({"password_confirm": ["The passwords do not match."]})
        return attrs


class BulkUser(StrictSerializer):
    """One account of POST /users/bulk/."""

    EXAMPLE = {"email": "grace@example.com", "username": "Grace", "age": 45}

    email = AddressField()
    username = serializers.CharField(max_length=150)
    age = serializers.IntegerField(min_value=YOUNGEST, max_value=OLDEST, required=False, allow_null=True)


class Bulk(StrictSerializer):
    """POST /users/bulk/."""

    EXAMPLE = {"users": [{"email": "grace@example.com", "username": "Grace", "age": 45}]}

    users = serializers.ListField(child=BulkUser(), min_length=1, max_length=_MOST_BULK_USERS)


class ProfileChange(StrictSerializer):
    """PATCH /users/me/."""

    EXAMPLE = {"bio": "Counts things.", "location": "London", "phone_number": "+441632960961"}

    username = serializers.CharField(max_length=150)
    age = serializers.IntegerField(min_value=YOUNGEST, max_value=OLDEST, allow_null=True)
    bio = serializers.CharField(max_length=500, allow_blank=True)
    avatar_url = serializers.URLField(max_length=500, allow_blank=True)
    location = serializers.CharField(max_length=100, allow_blank=True)
    phone_number = PhoneField(allow_null=True, allow_blank=True)

    def validate_phone_number(self, value: str | None) -> str | None:
        """Take the empty text for no number."""
        return value or None


class AccountChange(ProfileChange):
    """PATCH /users/{id}/, for staff."""

    EXAMPLE = {"user_type": "premium", "phone_number": "+441632960961"}

    user_type = serializers.ChoiceField(choices=USER_TYPES)
    is_verified = serializers.BooleanField()
    is_active = serializers.BooleanField()

    def validate_is_active(self, value: bool) -> bool:  # noqa: FBT001 (DRF calls it)
        """Refuse to bring a deactivated account back: the other services have forgotten it."""
        if value:
            raise serializers.ValidationError("Deactivation is final; only false is accepted.")
        return value


class Credentials(StrictSerializer):
    """POST /auth/login/."""

    EXAMPLE = {"email": "ada@example.com", "password": "Analytical-Engine-1"}

    email = serializers.EmailField(max_length=254)
    password = PasswordField()


class Refresh(StrictSerializer):
    """POST /auth/refresh/ and /auth/logout/."""

    EXAMPLE = {"refresh": "Jd0mYcB1vZ3H4T8wq2kQh0cT5yLr7uXn9aEoPfGiSsM"}

    refresh = serializers.CharField(max_length=4096)  # an access token fits, and is refused like any wrong one


class Verification(StrictSerializer):
    """POST /auth/verify-email/."""

    EXAMPLE = {"token": "eyJ1c2VyIjoi…"}

    token = serializers.CharField(max_length=1000)


class NewPassword(StrictSerializer):
    """A new password, twice."""

    new_password = PasswordField()
    new_password_confirm = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Compare the two new passwords and keep one."""
        if attrs.pop("new_password_confirm") != attrs["new_password"]:
            raise serializers.ValidationError({"new_password_confirm": ["The passwords do not match."]})
        return attrs


class PasswordChange(NewPassword):
    """POST /auth/password/change/."""

    EXAMPLE = {
        "current_password": "Analytical-Engine-1",
        "new_password": "Difference-Engine-2",
        "new_password_confirm": "Difference-Engine-2",
    }

    current_password = PasswordField()


class PasswordReset(StrictSerializer):
    """POST /auth/password/reset/."""

    EXAMPLE = {"email": "ada@example.com"}

    email = serializers.EmailField(max_length=254)


class PasswordResetConfirm(NewPassword):
    """POST /auth/password/reset/confirm/."""

    EXAMPLE = {
        "token": "eyJyZXNldCI6…",
        "new_password": "Difference-Engine-2",
        "new_password_confirm": "Difference-Engine-2",
    }

    token = serializers.CharField(max_length=1000)


class Deposit(StrictSerializer):
    """POST /wallet/deposits/."""

    EXAMPLE = {"user_id": "01a1f3c2-7b44-7c31-9d2e-5b1f0c6a9e01", "amount": "50.00", "reference": "Gift card 4711"}

    user_id = serializers.UUIDField()
    amount = AmountField()
    reference = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class Transfer(StrictSerializer):
    """POST /wallet/transfers/."""

    EXAMPLE = {"to": "01a1f3c2-7b44-7c31-9d2e-5b1f0c6a9e02", "amount": "12.50"}

    to = serializers.UUIDField()
    amount = AmountField()
