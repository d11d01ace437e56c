"""Strict input: what a serializer does not name is refused by name. Output: what is declared is what is shown."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from shared.db.models import MONEY_DIGITS


class StrictSerializer(serializers.Serializer[Any]):
    """An input serializer that refuses unknown fields."""

    EXAMPLE: ClassVar[Mapping[str, Any] | None] = None

    def to_internal_value(self, data: Any) -> Any:
        """Return the checked values; raises ValidationError that names each unknown field."""
        if isinstance(data, Mapping):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(str(name) for name in set(data) - known)
            if unknown:
                raise serializers.ValidationError({name: ["Unknown field."] for name in unknown})
        return super().to_internal_value(data)


class Output(serializers.Serializer[Any]):
    """What an answer looks like. The declared fields are the schema, and the only ones of a row that are shown.

    Rows become JSON without DRF's rendering, which costs more than the query: a subclass whose fields are not columns
    extends `of`.
    """

    EXAMPLE: ClassVar[Mapping[str, Any] | None] = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row's JSON-ready value."""
        return {name: row[name] for name in cls._declared_fields}


class MoneyOutput(serializers.DecimalField):
    """An amount of money in an answer: a decimal string with two digits after the point."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": None, "decimal_places": 2, **kwargs})


class AmountField(serializers.DecimalField):
    """An amount of money above zero, with at most two digits after the point."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"max_digits": MONEY_DIGITS, "decimal_places": 2, "min_value": Decimal("0.01"), **kwargs}
        super().__init__(**kwargs)
