"""What the API of orders takes and gives."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from orders.domain import LARGEST_QUANTITY, MOST_LINES
from shared.http.serializers import StrictSerializer


class LineInput(StrictSerializer):
    """One line of a new order."""

    product_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=LARGEST_QUANTITY)


class OrderInput(StrictSerializer):
    """A new order."""

    items = serializers.ListField(child=LineInput(), min_length=1, max_length=MOST_LINES)


class PurchaseInput(StrictSerializer):
    """A one-click order; that its quantity is above zero is a rule of the business."""

    quantity = serializers.IntegerField(max_value=LARGEST_QUANTITY)


class NothingInput(StrictSerializer):
    """No fields at all."""


def order(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an order as the API shows it; what is not known yet is null."""
    return {
        "id": row["id"],
        "user_id": row["user_id"],
        "status": row["status"],
        "reason": row["reason"] or None,
        "items": [_item(line) for line in row["items"]],
        "total": row["total"],
        "currency": row["currency"],
        "placed_at": row["placed_at"],
        "updated_at": row["updated_at"],
    }


def _item(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line of an order."""
    price, quantity = line["unit_price"], line["quantity"]
    return {
        "product_id": line["product_id"],
        "sku": line["sku"],
        "name": line["name"],
        "quantity": quantity,
        "unit_price": price,
        "line_total": None if price is None else price * quantity,
    }


def timeline_entry(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one thing that happened to an order."""
    return {
        "at": row["at"],
        "kind": row["kind"],
        "from": row["from_status"] or None,
        "to": row["to_status"],
        "cause": row["cause"],
        "event_id": row["event_id"],
        "attempt": row["attempt"],
        "trace_id": row["trace_id"] or None,
    }
