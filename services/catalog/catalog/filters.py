"""The query-string filters of product lists."""

from typing import Any

import django_filters
from django import forms
from django.db import connection
from django.db.models import QuerySet

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

_DESCENDANTS = """
WITH RECURSIVE branch AS (
    SELECT id FROM category WHERE slug = %s
    UNION
    SELECT child.id FROM category child JOIN branch ON child.parent_id = branch.id
)
SELECT id FROM branch
"""


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
    """What a list of products can be narrowed to."""

    search = django_filters.CharFilter(method="leave", max_length=200)
    category = django_filters.CharFilter(method="by_category")
    min_price = django_filters.NumberFilter("price", "gte", max_digits=MONEY_DIGITS, decimal_places=2)
    max_price = django_filters.NumberFilter("price", "lte", max_digits=MONEY_DIGITS, decimal_places=2)
    in_stock = django_filters.TypedChoiceFilter(
        method="by_stock",
        choices=[("true", "true"), ("false", "false")],
        coerce={"true": True, "false": False}.get,
    )
    created_after = MomentFilter("created_at", "gt")
    ordering = django_filters.ChoiceFilter(method="leave", choices=[(name, name) for name in ORDERINGS])

    class Meta:
        model = Product
        form = _Form
        fields: tuple[str, ...] = ()

    def by_category(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep products of a category and of those below it."""
        # Read first: only for ids that it knows can the planner tell a large branch from a small one.
        with connection.cursor() as cursor:
            cursor.execute(_DESCENDANTS, [value])
            branch = [row[0] for row in cursor.fetchall()]
        return queryset.filter(category_id__in=branch)

    def by_stock(self, queryset: QuerySet[Any], _name: str, value: bool) -> QuerySet[Any]:  # noqa: FBT001 (django-filter's signature)
        """Keep products that can be bought, or those that cannot."""
        return queryset.filter(sold_out=not value)

    def leave(self, queryset: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        """Leave the search and the ordering to the selector, which needs them for its page."""
        return queryset
