"""Base models and fields: UUIDv7 keys, two-digit money."""

import uuid
from typing import Any

import uuid_utils.compat
from django.db import models

MONEY_DIGITS = 14


def uuid7() -> uuid.UUID:
    """Return a new UUIDv7 (RFC 9562): ids that sort by the time of their making."""
    return uuid_utils.compat.uuid7()


class Entity(models.Model):
    """A table with a UUIDv7 key and the times of its making and last change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class MoneyField(models.DecimalField):  # type: ignore[type-arg]
    """An amount of the installation's one currency: 14 digits, two of them after the point."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = MONEY_DIGITS, 2
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Leave the fixed digits out of migrations."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs
