"""The query-string filters of the staff's list of accounts."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django.core.validators import RegexValidator
from django.db.models import QuerySet

from shared.db import sealed
from shared.db.filters import MomentFilter, StrictFilterSet
from shared.errors import InvalidInput
from users.domain import phones

_TRUTH = (("true", "true"), ("false", "false"))
_ORDERINGS = ("created_at", "email", "username")
_NEWEST_FIRST = "-created_at"


class AccountFilter(StrictFilterSet):
    """Chooses accounts; times are RFC 3339."""

    email = django_filters.CharFilter(lookup_expr="icontains")
    username = django_filters.CharFilter()
    is_active = django_filters.TypedChoiceFilter(choices=_TRUTH, coerce=lambda text: text == "true")
    is_verified = django_filters.TypedChoiceFilter(
        field_name="verified_at", lookup_expr="isnull", choices=_TRUTH, coerce=lambda text: text == "false"
    )
    phone_number = django_filters.CharFilter(
        method="with_phone_number", validators=[RegexValidator(phones.PATTERN, phones.EXPLANATION)]
    )
    created_after = MomentFilter(field_name="created_at", lookup_expr="gt")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")

    def with_phone_number(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Choose by the number's index, since the number itself is encrypted."""
        del name
        return queryset.filter(phone_index=sealed.blind_index(phones.digits(value)))


_CHOICES = [each for name in _ORDERINGS for each in (name, f"-{name}")]
PARAMETERS = {**AccountFilter.schemas(), "ordering": {"type": "string", "enum": _CHOICES}}


def accounts(params: Mapping[str, Any], queryset: QuerySet[Any]) -> tuple[QuerySet[Any], tuple[str, ...]]:
    """Return the chosen accounts and their ordering fields; raises InvalidInput that names the wrong ones."""
    rest = {name: value for name, value in params.items() if name != "ordering"}
    return AccountFilter.apply(rest, queryset), _order(params.get("ordering", _NEWEST_FIRST))


def _order(text: str) -> tuple[str, ...]:
    """Return the ordering fields, the id last so that the order is total; raises InvalidInput."""
    field = text.removeprefix("-")
    if field not in _ORDERINGS:
        raise InvalidInput.of({"ordering": [f"Choose one of {', '.join(_CHOICES)}."]})
    return (text, "-id" if text.startswith("-") else "id")
