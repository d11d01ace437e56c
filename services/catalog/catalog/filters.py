"""The query-string filters of product lists."""

from typing import Any

import django_filters
from django import forms

from catalog.models import Product
from shared.db.filters import MomentFilter, StrictFilterSet
from shared.db.models import MONEY_DIGITS

# The last field of each is unique, so that every order is total.
ORDERINGS = {
    "price": ("price", "id"),
    "-price": ("-price", "-id"),
    "name": ("name", "id"),
    "-created_at": ("-created_at", "-id"),
    "relevance": ("-rank", "-id"),
}
DEFAULT_ORDERING = "-created_at"
RELEVANCE = "relevance"  # only with a search, and the default with one


class _Form(forms.Form):
    """The rules between parameters."""

    def clean(self) -> dict[str, Any]:
        """Refuse a range of prices that is none, and a ranking of what is not searched for."""
        values = self.cleaned_data
        lowest, highest = values.get("min_price"), values.get("max_price")
        if lowest is not None and highest is not None and lowest > highest:
            self.add_error("min_price", "This must not be more than max_price.")
        if values.get("ordering") == RELEVANCE and not values.get("search"):
            self.add_error("ordering", "Only a search can be ordered by relevance.")
        return values


class ProductFilter(StrictFilterSet):
    """What a list of products can be narrowed to; the selector says it in SQL (record 18)."""

    search = django_filters.CharFilter(max_length=200)
    category = django_filters.CharFilter()
    min_price = django_filters.NumberFilter(max_digits=MONEY_DIGITS, decimal_places=2)
    max_price = django_filters.NumberFilter(max_digits=MONEY_DIGITS, decimal_places=2)
    in_stock = django_filters.ChoiceFilter(choices=[("true", "true"), ("false", "false")])
    created_after = MomentFilter()
    ordering = django_filters.ChoiceFilter(choices=[(name, name) for name in ORDERINGS])

    class Meta:
        model = Product
        form = _Form
        fields: tuple[str, ...] = ()
