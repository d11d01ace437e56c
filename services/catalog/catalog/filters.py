"""The query-string filters of product lists."""

from typing import Any

import django_filters
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL

from catalog.models import Product
from shared.db.filters import StrictFilterSet
from shared.db.models import MONEY_DIGITS

# The last field of each is unique, so that every order is total.
ORDERINGS = {
    "price": ("price", "id"),
    "-price": ("-price", "-id"),
    "name": ("name", "id"),
    "-created_at": ("-created_at", "-id"),
}
DEFAULT_ORDERING = "-created_at"

_MOST_WORDS = 10

_DESCENDANTS = """
WITH RECURSIVE branch AS (
    SELECT id FROM category WHERE slug = %s
    UNION
    SELECT child.id FROM category child JOIN branch ON child.parent_id = branch.id
)
SELECT id FROM branch
"""


class ProductFilter(StrictFilterSet):
    """What a list of products can be narrowed to."""

    search = django_filters.CharFilter(method="by_words", max_length=200)
    category = django_filters.CharFilter(method="by_category")
    min_price = django_filters.NumberFilter("price", "gte", max_digits=MONEY_DIGITS, decimal_places=2)
    max_price = django_filters.NumberFilter("price", "lte", max_digits=MONEY_DIGITS, decimal_places=2)
    in_stock = django_filters.TypedChoiceFilter(
        method="by_stock",
        choices=[("true", "true"), ("false", "false")],
        coerce={"true": True, "false": False}.get,
    )
    created_after = django_filters.IsoDateTimeFilter("created_at", "gt")
    ordering = django_filters.ChoiceFilter(method="leave", choices=[(name, name) for name in ORDERINGS])

    class Meta:
        model = Product
        fields: tuple[str, ...] = ()

    def by_words(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep products whose name contains every word, or whose sku is the text."""
        words = Q()
        for word in value.split()[:_MOST_WORDS]:
            words &= Q(name__icontains=word)
        return queryset.filter(words | Q(sku=value.strip()))

    def by_category(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        """Keep products of a category and of those below it."""
        return queryset.filter(category_id__in=RawSQL(_DESCENDANTS, [value]))  # noqa: S611 (parameters only)

    def by_stock(self, queryset: QuerySet[Any], _name: str, value: bool) -> QuerySet[Any]:  # noqa: FBT001 (django-filter's signature)
        """Keep products that can be bought, or those that cannot."""
        available = Q(on_hand__gt=F("reserved"))
        return queryset.filter(available if value else ~available)

    def leave(self, queryset: QuerySet[Any], _name: str, _value: str) -> QuerySet[Any]:
        """Leave the ordering to the page, which needs it for its cursor."""
        return queryset
