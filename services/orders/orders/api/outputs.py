"""What orders answers: the declared fields of a row, and no others."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from orders.domain import Reason, Status
from shared.http.serializers import MoneyOutput, Output

STATUSES = [each.value for each in Status]
REASONS = [each.value for each in Reason if each]
KINDS = ["transition", "event", "ask"]

Row = Mapping[str, Any]


class Line(Output):
    """A line of an order; what only the reservation tells is null until then."""

    EXAMPLE = {
        "product_id": "01a20303-0f0f-751b-8634-5a2675d83611",
        "sku": "MUG-1",
        "name": "Red mug",
        "quantity": 3,
        "unit_price": "2.50",
        "line_total": "7.50",
    }

    product_id = serializers.UUIDField()
    sku = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    quantity = serializers.IntegerField()
    unit_price = MoneyOutput(allow_null=True)
    line_total = MoneyOutput(allow_null=True)

    @classmethod
    def of(cls, row: Row) -> dict[str, Any]:
        """Add the line's total."""
        price = row["unit_price"]
        return super().of({**row, "line_total": None if price is None else price * row["quantity"]})


class Order(Output):
    """An order; what is not known yet is null."""

    EXAMPLE = {
        "id": "01a20310-7c1e-7a55-9d5f-0d6f6a3c1b11",
        "user_id": "01a20302-51b8-7d07-8a44-2c9e0a51f3aa",
        "status": "completed",
        "reason": None,
        "items": [Line.EXAMPLE],
        "total": "7.50",
        "currency": "GBP",
        "placed_at": "2026-11-22T15:04:05.000000Z",
        "updated_at": "2026-11-22T15:04:06.000000Z",
    }

    id = serializers.UUIDField()
    user_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATUSES)
    reason = serializers.ChoiceField(choices=REASONS, allow_null=True)
    items = Line(many=True)
    total = MoneyOutput(allow_null=True)
    currency = serializers.CharField()
    placed_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @classmethod
    def of(cls, row: Row) -> dict[str, Any]:
        """Show the lines, and null for no reason."""
        return super().of({**row, "reason": row["reason"] or None, "items": [Line.of(line) for line in row["items"]]})


class Entry(Output):
    """One thing that happened to an order."""

    EXAMPLE = {
        "at": "2026-11-22T15:04:05.000000Z",
        "kind": "transition",
        "from": "pending",
        "to": "processing",
        "cause": "catalog.stock_reserved.v1",
        "event_id": "01a20311-03a4-7c2b-b0a7-51f1c7a0d9e2",
        "attempt": 1,
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
    }

    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=KINDS)
    to = serializers.ChoiceField(choices=STATUSES)
    cause = serializers.CharField()
    event_id = serializers.UUIDField(allow_null=True)
    attempt = serializers.IntegerField()
    trace_id = serializers.CharField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """Add the field whose name is a word of Python."""
        return {**super().get_fields(), "from": serializers.ChoiceField(choices=STATUSES, allow_null=True)}

    @classmethod
    def of(cls, row: Row) -> dict[str, Any]:
        """Rename what the table calls otherwise."""
        shown = {**row, "to": row["to_status"], "trace_id": row["trace_id"] or None}
        return {**super().of(shown), "from": row["from_status"] or None}


class Day(Output):
    """What the completed orders of one day came to."""

    EXAMPLE = {"day": "2026-11-22", "orders": 12, "revenue": "340.50"}

    day = serializers.DateField()
    orders = serializers.IntegerField()
    revenue = MoneyOutput()


class Revenue(Output):
    """What the completed orders of a period came to, each day of it included."""

    EXAMPLE = {
        "created_after": "2026-11-22T00:00:00.000000Z",
        "created_before": "2026-11-22T15:04:05.000000Z",
        "orders": 12,
        "total": "340.50",
        "days": [Day.EXAMPLE],
    }

    created_after = serializers.DateTimeField()
    created_before = serializers.DateTimeField()
    orders = serializers.IntegerField()
    total = MoneyOutput()
    days = Day(many=True)


class Customer(Output):
    """A customer with more than five completed orders, and what they came to."""

    EXAMPLE = {"user_id": "01a20302-51b8-7d07-8a44-2c9e0a51f3aa", "orders": 7, "spent": "220.00"}

    user_id = serializers.UUIDField()
    orders = serializers.IntegerField()
    spent = MoneyOutput()


class Statistics(Output):
    """What orders add up to."""

    EXAMPLE = {
        "total": 15,
        "by_status": {"pending": 1, "processing": 0, "completed": 12, "cancelled": 2},
        "by_reason": {**dict.fromkeys(REASONS, 0), "insufficient_stock": 2},
        "revenue": Revenue.EXAMPLE,
        "best_customers": [Customer.EXAMPLE],
        "customers_last_year": 4,
    }

    total = serializers.IntegerField()
    by_status = serializers.DictField(child=serializers.IntegerField())
    by_reason = serializers.DictField(child=serializers.IntegerField())
    revenue = Revenue()
    best_customers = Customer(many=True)
    customers_last_year = serializers.IntegerField()
