"""Strict input: what a serializer does not name is refused by name. Outputs are plain functions beside the views."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from shared.db.models import MONEY_DIGITS


class StrictSerializer(serializers.Serializer[Any]):
    """An input serializer that refuses unknown fields."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the checked values; raises ValidationError that names each unknown field."""
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(str(name) for name in set(data) - known)
            if unknown:
                raise serializers.ValidationError({name: ["Unknown field."] for name in unknown})
        return super().to_internal_value(data)


class AmountField(serializers.DecimalField):
    """An amount of money above zero, with at most two digits after the point."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"max_digits": MONEY_DIGITS, "decimal_places": 2, "min_value": Decimal("0.01"), **kwargs}
        super().__init__(**kwargs)
