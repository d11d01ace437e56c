"""Strict filters: a parameter that is unknown or does not parse is refused by name, never ignored."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
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
        cls._refuse_strange(params)
        form = cls._form_of(frozenset(params))(params)
        cls._refuse_wrong(form)
        return dict.fromkeys(cls.base_filters) | form.cleaned_data

    @classmethod
    @cache
    def _form_of(cls, names: frozenset[str]) -> type[forms.Form]:
        """Return the form of these parameters alone: to copy the fields of all costs more than many a query."""
        fields = {name: each.field for name, each in cls.base_filters.items() if name in names}
        return type("Form", (cls._meta.form,), fields)

    @classmethod
    def _checked(cls, params: Mapping[str, Any], queryset: QuerySet[Any]) -> "StrictFilterSet":
        """Return the filters with parameters that are known and parse."""
        cls._refuse_strange(params)
        chosen = cls(params, queryset=queryset)
        cls._refuse_wrong(chosen.form)
        return chosen

    @classmethod
    def _refuse_strange(cls, params: Mapping[str, Any]) -> None:
        """Raise InvalidInput naming each parameter that is unknown or empty."""
        unknown = sorted(set(params) - set(cls.base_filters))
        if unknown:
            raise InvalidInput.of({name: ["Unknown query parameter."] for name in unknown})
        if empty := sorted(name for name, value in params.items() if value == ""):  # django-filter ignores these
            raise InvalidInput.of({name: ["This must not be empty."] for name in empty})

    @staticmethod
    def _refuse_wrong(form: forms.Form) -> None:
        """Raise InvalidInput naming each parameter that does not parse."""
        if not form.is_valid():
            raise InvalidInput.of({name: [str(text) for text in texts] for name, texts in form.errors.items()})


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
