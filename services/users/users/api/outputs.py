"""What users answers: the declared fields of a row, and no others."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers

from shared.http.serializers import MoneyOutput, Output
from users.api.inputs import USER_TYPES
from users.domain.ledger import Kind

Row = Mapping[str, Any]


class Profile(Output):
    """A user as it sees itself."""

    EXAMPLE = {
        "id": "01a1f3c2-7b44-7c31-9d2e-5b1f0c6a9e01",
        "email": "ada@example.com",
        "username": "Ada",
        "user_type": "regular",
        "age": 36,
        "bio": "Counts things.",
        "avatar_url": "",
        "location": "London",
        "phone_number": "+441632960961",
        "is_verified": True,
        "is_staff": False,
        "created_at": "2026-11-22T09:30:00.000000Z",
        "updated_at": "2026-11-22T09:30:00.000000Z",
    }

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

    EXAMPLE = {
        **Profile.EXAMPLE,
        "is_active": True,
        "last_login_at": "2026-11-22T09:30:00.000000Z",
        "deactivated_at": None,
    }

    is_active = serializers.BooleanField()
    last_login_at = serializers.DateTimeField(allow_null=True)
    deactivated_at = serializers.DateTimeField(allow_null=True)


class Greeting(Output):
    """Whom a session belongs to."""

    EXAMPLE = {
        "id": "01a1f3c2-7b44-7c31-9d2e-5b1f0c6a9e01",
        "email": "ada@example.com",
        "username": "Ada",
        "user_type": "regular",
        "is_verified": True,
        "is_staff": False,
    }

    id = serializers.UUIDField()
    email = serializers.EmailField()
    username = serializers.CharField()
    user_type = serializers.ChoiceField(choices=USER_TYPES)
    is_verified = serializers.BooleanField()
    is_staff = serializers.BooleanField()


class Session(Output):
    """The tokens of a session."""

    EXAMPLE = {
        "access": "eyJhbGciOiJFUzI1NiIsImtpZCI6…",
        "refresh": "Jd0mYcB1vZ3H4T8wq2kQh0cT5yLr7uXn9aEoPfGiSsM",
        "token_type": "Bearer",
        "expires_in": 900,
        "user": Greeting.EXAMPLE,
    }

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

    EXAMPLE = {"balance": "37.50", "currency": "GBP", "updated_at": "2026-11-22T09:30:00.000000Z"}

    balance = MoneyOutput()
    currency = serializers.CharField()
    updated_at = serializers.DateTimeField()

    @classmethod
    def of(cls, row: Row) -> dict[str, Any]:
        """Add the installation's currency."""
        return super().of({**row, "currency": settings.CURRENCY})


class Entry(Output):
    """One side of a transfer; what left the wallet is below zero."""

    EXAMPLE = {
        "id": "01a1f3c2-7b44-7c31-9d2e-5b1f0c6a9e01",
        "kind": "payment",
        "amount": "-24.10",
        "order_id": "01a1f3c2-7b44-7c31-9d2e-5b1f0c6a9e02",
        "reference": "",
        "created_at": "2026-11-22T09:30:00.000000Z",
    }

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

    EXAMPLE = {
        "id": "01a1f3c2-7b44-7c31-9d2e-5b1f0c6a9e02",
        "kind": "deposit",
        "amount": "50.00",
        "reference": "Gift card 4711",
        "created_at": "2026-11-22T09:30:00.000000Z",
        "balance": "37.50",
        "user_id": "01a1f3c2-7b44-7c31-9d2e-5b1f0c6a9e01",
    }

    user_id = serializers.UUIDField()


class TransferMade(Moved):
    """A transfer to somebody just made."""

    EXAMPLE = {
        "id": "01a1f3c2-7b44-7c31-9d2e-5b1f0c6a9e02",
        "kind": "transfer",
        "amount": "12.50",
        "reference": "",
        "created_at": "2026-11-22T09:30:00.000000Z",
        "balance": "37.50",
        "to": "01a1f3c2-7b44-7c31-9d2e-5b1f0c6a9e02",
    }

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

    EXAMPLE = {
        "id": "01a1f3c2-7b44-7c31-9d2e-5b1f0c6a9e01",
        "status": "done",
        "total": 2,
        "processed": 2,
        "created": 1,
        "failed": 1,
        "created_at": "2026-11-22T09:30:00.000000Z",
        "finished_at": "2026-11-22T09:30:00.000000Z",
        "results": [
            {"row": 0, "status": "created", "user_id": "01a1f3c2-7b44-7c31-9d2e-5b1f0c6a9e02", "errors": {}},
            {
                "row": 1,
                "status": "failed",
                "user_id": None,
                "errors": {"email": ["A user with this e-mail address already exists."]},
            },
        ],
    }

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

    EXAMPLE = {"total": 1200, "active_24h": 180, "new_24h": 12, "active_30d": 900, "verified": 1100, "deactivated": 40}

    total = serializers.IntegerField()
    active_24h = serializers.IntegerField()
    new_24h = serializers.IntegerField()
    active_30d = serializers.IntegerField()
    verified = serializers.IntegerField()
    deactivated = serializers.IntegerField()
