"""Query-string filters of orders: of the list and its export, and the period of statistics."""

from typing import Any

import django_filters
from django import forms

from orders.domain import Status
from orders.models import Order
from shared.db.filters import MomentFilter, StrictFilterSet


class _Form(forms.Form):
    """The rules between parameters."""

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        values = self.cleaned_data
        after, before = values.get("created_after"), values.get("created_before")
        if after is not None and before is not None and after >= before:
            self.add_error("created_after", "This must be before created_before.")
        return values


class PeriodFilter(StrictFilterSet):
    """Orders by the time of placing: from `created_after` on, before `created_before`."""

    created_after = MomentFilter(field_name="placed_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="placed_at", lookup_expr="lt")

    class Meta:
        model = Order
        form = _Form
        fields: list[str] = []


class OrderFilter(PeriodFilter):
    """Orders by status and user, too."""

    status = django_filters.ChoiceFilter(choices=[(each.value, each.value) for each in Status])
    user_id = django_filters.UUIDFilter()

    class Meta(PeriodFilter.Meta):
        pass
