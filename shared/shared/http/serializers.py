"""Strict input: what a serializer does not name is refused by name. Output: what is declared is what is shown."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from shared.db.models import MONEY_DIGITS

# Which JSON type a field takes: DRF would also take "5" for a number, 5 for a text, and a float for money.
_JSON_TYPES: tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], type, str], ...] = (
    (serializers.BooleanField, bool, "This must be true or false."),
    (serializers.IntegerField, int, "This must be a whole number, not in quotes."),
    (serializers.DecimalField, str, 'This must be a decimal in quotes, such as "12.34".'),
    (serializers.CharField, str, "This must be a string."),
    (serializers.ChoiceField, str, "This must be a string."),
    (serializers.UUIDField, str, "This must be a string."),
)


class StrictSerializer(serializers.Serializer[Any]):
    """An input serializer that refuses unknown fields, and JSON types that are not the field's own."""

    EXAMPLE: ClassVar[Mapping[str, Any] | None] = None

    def to_internal_value(self, data: Any) -> Any:
        """Return the checked values; raises ValidationError that names each unknown or mistyped field."""
        if isinstance(data, Mapping):
            known = {name: field for name, field in self.fields.items() if not field.read_only}
            wrong = {str(name): ["Unknown field."] for name in sorted(set(data) - set(known), key=str)}
            wrong |= {name: [text] for name, value in data.items() if (text := _mistyped(known.get(name), value))}
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)


def _mistyped(field: Any, value: Any) -> str:
    """Return what is wrong with a value's JSON type, or an empty text; null is the field's own business."""
    if value is None:
        return ""
    return next(
        (text for kind, wanted, text in _JSON_TYPES if isinstance(field, kind) and type(value) is not wanted), ""
    )


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
