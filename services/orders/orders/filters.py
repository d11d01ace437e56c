"""Query-string filters of the order list."""

import django_filters

from orders.domain import Status
from orders.models import Order
from shared.db.filters import MomentFilter, StrictFilterSet


class OrderFilter(StrictFilterSet):
    """Orders by status, time of placing (from `created_after` on, before `created_before`) and user."""

    status = django_filters.ChoiceFilter(choices=[(each.value, each.value) for each in Status])
    created_after = MomentFilter(field_name="placed_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="placed_at", lookup_expr="lt")
    user_id = django_filters.UUIDFilter()

    class Meta:
        model = Order
        fields: list[str] = []
