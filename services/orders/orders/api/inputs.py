"""What orders accepts, field by field."""

import re
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.fields import empty

from orders.domain import LARGEST_QUANTITY, MOST_LINES
from shared.http.serializers import StrictSerializer

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


class NewLine(StrictSerializer):
    """One line of a new order."""

    EXAMPLE = {"product_id": "01a20303-0f0f-751b-8634-5a2675d83611", "quantity": 3}

    product_id = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=LARGEST_QUANTITY)

    def run_validation(self, data: Any = empty) -> Any:
        """Take an ordinary line as it is; raises ValidationError.

        An order may have many, and the fields take longer over each than all that comes after them.
        """
        match data:
            case {"product_id": str(product), "quantity": int(quantity)} if len(data) == len(self._declared_fields):
                if type(quantity) is int and 1 <= quantity <= LARGEST_QUANTITY and _UUID.fullmatch(product):
                    return {"product_id": UUID(product), "quantity": quantity}
        return super().run_validation(data)


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
