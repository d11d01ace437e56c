"""What users accepts, field by field, and what it answers."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers

from shared.http.serializers import AmountField, MoneyOutput, Output, StrictSerializer
from users.domain import emails, phones
from users.domain.ages import OLDEST, YOUNGEST
from users.domain.ledger import Kind
from users.domain.passwords import LONGEST

Row = Mapping[str, Any]
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

    email = AddressField()
    username = serializers.CharField(max_length=150)
    age = serializers.IntegerField(min_value=YOUNGEST, max_value=OLDEST, required=False, allow_null=True)


class Bulk(StrictSerializer):
    """POST /users/bulk/."""

    users = serializers.ListField(child=BulkUser(), min_length=1, max_length=_MOST_BULK_USERS)


class ProfileChange(StrictSerializer):
    """PATCH /users/me/."""

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

    email = serializers.EmailField(max_length=254)
    password = PasswordField()


class Refresh(StrictSerializer):
    """POST /auth/refresh/ and /auth/logout/."""

    refresh = serializers.CharField(max_length=4096)  # an access token fits, and is refused like any wrong one


class Verification(StrictSerializer):
    """POST /auth/verify-email/."""

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

    current_password = PasswordField()


class PasswordReset(StrictSerializer):
    """POST /auth/password/reset/."""

    email = serializers.EmailField(max_length=254)


class PasswordResetConfirm(NewPassword):
    """POST /auth/password/reset/confirm/."""

    token = serializers.CharField(max_length=1000)


class Deposit(StrictSerializer):
    """POST /wallet/deposits/."""

    user_id = serializers.UUIDField()
    amount = AmountField()
    reference = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class Transfer(StrictSerializer):
    """POST /wallet/transfers/."""

    to = serializers.UUIDField()
    amount = AmountField()


class Profile(Output):
    """A user as it sees itself."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    username = serializers.CharField()
    user_type = serializers.ChoiceField(choices=USER_TYPES)
    age = serializers.IntegerField(allow_null=True)
    bio = serializers.CharField()
    avatar_url = serializers.CharField()
    location = serializers.CharField()
    phone_number = serializers.CharField(allow_null=True)
    is_verified = serializers.BooleanField()
    is_staff = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class Account(Profile):
    """A user as staff sees it."""

    is_active = serializers.BooleanField()
    last_login_at = serializers.DateTimeField(allow_null=True)
    deactivated_at = serializers.DateTimeField(allow_null=True)


class Greeting(Output):
    """Whom a session belongs to."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    username = serializers.CharField()
    user_type = serializers.ChoiceField(choices=USER_TYPES)
    is_verified = serializers.BooleanField()
    is_staff = serializers.BooleanField()


class Session(Output):
    """The tokens of a session."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField()
    user = Greeting()


class Verified(Output):
    """That an address is verified."""

    is_verified = serializers.BooleanField()


class ResetRequested(Output):
    """That a password reset was asked for; says nothing about the address."""

    detail = serializers.CharField()


class Wallet(Output):
    """A wallet."""

    balance = MoneyOutput()
    currency = serializers.CharField()
    updated_at = serializers.DateTimeField()

    @classmethod
    def of(cls, row: Row) -> dict[str, Any]:
        """Add the installation's currency."""
        return super().of({**row, "currency": settings.CURRENCY})


class Entry(Output):
    """One side of a transfer; what left the wallet is below zero."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[each.value for each in Kind])
    amount = MoneyOutput()
    order_id = serializers.UUIDField(allow_null=True)
    reference = serializers.CharField()
    created_at = serializers.DateTimeField()


class Moved(Output):
    """A transfer just made, with the wallet's new balance."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=[each.value for each in Kind])
    amount = MoneyOutput()
    reference = serializers.CharField()
    created_at = serializers.DateTimeField()
    balance = MoneyOutput()


class DepositMade(Moved):
    """A deposit just made."""

    user_id = serializers.UUIDField()


class TransferMade(Moved):
    """A transfer to somebody just made."""

    to = serializers.UUIDField()


class KeySet(Output):
    """A JSON Web Key Set (RFC 7517)."""

    keys = serializers.ListField(child=serializers.DictField())


class JobResult(Output):
    """What became of one row of a job, counted from 0."""

    row = serializers.IntegerField()
    status = serializers.ChoiceField(choices=["pending", "created", "failed"])
    user_id = serializers.UUIDField(allow_null=True)
    errors = serializers.DictField()  # type: ignore[assignment]  # the metaclass takes declared fields off the class


class Job(Output):
    """A background job, how far it is, and what became of each row."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["pending", "running", "done"])
    total = serializers.IntegerField()
    processed = serializers.IntegerField()
    created = serializers.IntegerField()
    failed = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    results = JobResult(many=True)

    @classmethod
    def of(cls, row: Row) -> dict[str, Any]:
        """Add what is done, and show the results."""
        results = [JobResult.of(each) for each in row["results"]]
        return super().of({**row, "processed": row["created"] + row["failed"], "results": results})


class Statistics(Output):
    """Counts of accounts."""

    total = serializers.IntegerField()
    active_24h = serializers.IntegerField()
    new_24h = serializers.IntegerField()
    active_30d = serializers.IntegerField()
    verified = serializers.IntegerField()
    deactivated = serializers.IntegerField()
