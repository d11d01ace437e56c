"""What orders accepts, field by field."""

from rest_framework import serializers

from orders.domain import LARGEST_QUANTITY, MOST_LINES
from shared.http.serializers import StrictSerializer


class NewLine(StrictSerializer):
    """One line of a new order."""

    EXAMPLE = {"product_id": "01a20303-0f0f-751b-8634-5a2675d83611", "quantity": 3}

    product_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=LARGEST_QUANTITY)


class NewOrder(StrictSerializer):
    """POST /orders/."""

    EXAMPLE = {"items": [NewLine.EXAMPLE]}

    items = serializers.ListField(child=NewLine(), min_length=1, max_length=MOST_LINES)


class Purchase(StrictSerializer):
    """POST /products/{id}/purchase/; that its quantity is above zero is a rule of the business."""

    EXAMPLE = {"quantity": 1}

    quantity = serializers.IntegerField(max_value=LARGEST_QUANTITY)


class Nothing(StrictSerializer):
    """POST /orders/{id}/cancel/: no fields at all."""

    EXAMPLE = {}
