"""Strict filters: a parameter that is unknown or does not parse is refused by name, never ignored."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import django_filters
from django import forms
from django.db.models import QuerySet

from shared.errors import InvalidInput


class MomentField(django_filters.fields.IsoDateTimeField):  # type: ignore[misc]
    """A time with its offset, as UTC; PostgreSQL knows no offsets beyond 16 hours."""

    def to_python(self, value: Any) -> datetime | None:
        """Return the time; raises ValidationError for one that no calendar has."""
        found: datetime | None = super().to_python(value)
        try:
            return found and found.astimezone(UTC)
        except OverflowError as error:
            raise forms.ValidationError("Enter a valid date/time.") from error


class MomentFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]
    """Chooses by a time (RFC 3339)."""

    field_class = MomentField


class StrictFilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """A FilterSet that answers bad parameters with InvalidInput."""

    @classmethod
    def schemas(cls) -> dict[str, dict[str, Any]]:
        """Return the parameters as name -> JSON Schema, for the API's document."""
        return {name: _schema(each.field) for name, each in cls.base_filters.items()}

    @classmethod
    def apply(cls, params: Mapping[str, Any], queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the filtered queryset; raises InvalidInput naming each unknown or unparsable parameter."""
        if not params:  # as most lists are asked for; building the form would cost more than the query
            return queryset
        return cls._checked(params, queryset).qs  # type: ignore[no-any-return]

    @classmethod
    def values_of(cls, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parsed parameters, None for an absent one; raises InvalidInput as `apply`."""
        return dict(cls._checked(params, None).form.cleaned_data)

    @classmethod
    def _checked(cls, params: Mapping[str, Any], queryset: QuerySet[Any] | None) -> "StrictFilterSet":
        """Return the filters with parameters that are known and parse."""
        unknown = sorted(set(params) - set(cls.base_filters))
        if unknown:
            raise InvalidInput.of({name: ["Unknown query parameter."] for name in unknown})
        if empty := sorted(name for name, value in params.items() if value == ""):  # django-filter ignores these
            raise InvalidInput.of({name: ["This must not be empty."] for name in empty})
        chosen = cls(params, queryset=queryset)
        if not chosen.form.is_valid():
            raise InvalidInput.of({name: [str(text) for text in texts] for name, texts in chosen.form.errors.items()})
        return chosen


def _schema(field: forms.Field) -> dict[str, Any]:
    """Return the JSON Schema of what a form field accepts."""
    if isinstance(field, forms.ChoiceField):
        choices = cast("Iterable[tuple[str, str]]", field.choices)
        return {"type": "string", "enum": [value for value, _ in choices if value]}
    if isinstance(field, django_filters.fields.IsoDateTimeField):
        return {"type": "string", "format": "date-time"}
    if isinstance(field, forms.UUIDField):
        return {"type": "string", "format": "uuid"}
    if isinstance(field, forms.DecimalField):
        return {"type": "number"}
    return {"type": "string", "minLength": 1} | ({"maxLength": most} if (most := _longest(field)) else {})


def _longest(field: forms.Field) -> int | None:
    """Return how long a text may be, or None."""
    return getattr(field, "max_length", None)
