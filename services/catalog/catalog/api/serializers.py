"""What the API takes and gives: strict input, and rows as JSON."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from rest_framework import serializers

from catalog.domain import products, slugs
from shared.http.serializers import AmountField, MoneyOutput, Output, StrictSerializer


class SlugField(serializers.RegexField):
    """Lower-case words joined by hyphens, not one of the words that are addresses of their own."""

    def __init__(self, **kwargs: Any) -> None:
        message = "Only lower-case letters a-z, digits and single hyphens between them are allowed."
        super().__init__(slugs.PATTERN, max_length=slugs.LONGEST, **kwargs)
        self.error_messages["invalid"] = message

    def to_internal_value(self, data: Any) -> str:
        """Return the slug; raises ValidationError for a reserved word."""
        if data in slugs.RESERVED:
            raise serializers.ValidationError("This word is reserved.")
        return str(super().to_internal_value(data))


class ProductInput(StrictSerializer):
    """A product as staff writes it."""

    EXAMPLE: ClassVar = {
        "sku": "MUG-1",
        "name": "Red mug",
        "description": "Holds tea.",
        "price": "2.50",
        "category": "cups",
        "is_active": True,
    }

    sku = serializers.CharField(max_length=products.SKU_LONGEST)
    name = serializers.CharField(max_length=products.NAME_LONGEST)
    slug = SlugField(required=False)
    description = serializers.CharField(max_length=products.DESCRIPTION_LONGEST, allow_blank=True, required=False)
    price = AmountField()
    category = serializers.CharField(max_length=slugs.LONGEST, allow_null=True, required=False)
    is_active = serializers.BooleanField(required=False)


class ProductReplacement(ProductInput):
    """A whole product: what is left out gets its default, but the slug stays."""

    description = serializers.CharField(max_length=products.DESCRIPTION_LONGEST, allow_blank=True, default="")
    category = serializers.CharField(max_length=slugs.LONGEST, allow_null=True, default=None)
    is_active = serializers.BooleanField(default=True)


class StockInput(StrictSerializer):
    """A new count, or a difference."""

    EXAMPLE: ClassVar = {"delta": -2}

    on_hand = serializers.IntegerField(min_value=0, max_value=products.MOST_UNITS, required=False)
    delta = serializers.IntegerField(min_value=-products.MOST_UNITS, max_value=products.MOST_UNITS, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both and neither."""
        if len(attrs) != 1:
            raise serializers.ValidationError("Give either on_hand or delta.")
        return attrs


class CategoryInput(StrictSerializer):
    """A category as staff writes it."""

    EXAMPLE: ClassVar = {"name": "Cups", "slug": "cups", "parent": "kitchen"}

    name = serializers.CharField(max_length=products.NAME_LONGEST)
    slug = SlugField(required=False)
    parent = serializers.CharField(  # type: ignore[assignment]  # DRF takes declared fields off the class
        max_length=slugs.LONGEST, allow_null=True, required=False
    )


class ImportInput(StrictSerializer):
    """An upload."""

    file = serializers.FileField()


class CategoryReference(Output):
    """The category of a product."""

    EXAMPLE: ClassVar = {"slug": "cups", "name": "Cups"}

    slug = serializers.CharField()
    name = serializers.CharField()


class ProductOutput(Output):
    """A product."""

    EXAMPLE: ClassVar = {
        "id": "01a20303-0f0f-751b-8634-5a2675d83611",
        "sku": "MUG-1",
        "name": "Red mug",
        "slug": "red-mug",
        "description": "Holds tea.",
        "price": "2.50",
        "currency": "GBP",
        "category": CategoryReference.EXAMPLE,
        "available": 12,
        "in_stock": True,
        "is_active": True,
        "created_at": "2026-11-22T15:04:05.000000Z",
        "updated_at": "2026-11-22T15:04:05.000000Z",
    }

    id = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField()
    slug = serializers.CharField()
    description = serializers.CharField()
    price = MoneyOutput()
    currency = serializers.CharField()
    category = CategoryReference(allow_null=True)
    available = serializers.IntegerField()
    in_stock = serializers.BooleanField()
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        """Show the category, the currency, and what can be had."""
        available = row["on_hand"] - row["reserved"]
        slug = row["category__slug"]
        category = None if slug is None else {"slug": slug, "name": row["category__name"]}
        shown = {"currency": settings.CURRENCY, "category": category, "available": available}
        return super().of({**row, **shown, "in_stock": available > 0})


class CategoryOutput(Output):
    """A category."""

    EXAMPLE: ClassVar = {
        "id": "01a20303-0f0f-751b-8634-5a2675d83611",
        "slug": "cups",
        "name": "Cups",
        "parent": "kitchen",
        "created_at": "2026-11-22T15:04:05.000000Z",
        "updated_at": "2026-11-22T15:04:05.000000Z",
    }

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # DRF takes declared fields off the class
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        """Show the parent by its slug."""
        return super().of({**row, "parent": row["parent__slug"]})


class RowError(Output):
    """Something wrong with a row of an import, which was not taken; no field: with the whole row."""

    EXAMPLE: ClassVar = {"line": 7, "sku": "MUG-1", "field": "name", "message": "must not be empty."}

    line = serializers.IntegerField()
    sku = serializers.CharField(allow_blank=True)
    field = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class ImportOutput(Output):
    """An import and how far it is."""

    EXAMPLE: ClassVar = {
        "id": "01a20303-0f0f-751b-8634-5a2675d83611",
        "status": "running",
        "total_bytes": 4_000_000,
        "offset": 1_000_000,
        "percent": 25.0,
        "processed": 10_000,
        "created": 9_000,
        "updated": 999,
        "failed": 1,
        "rows_per_second": 2500.0,
        "eta_seconds": 12.0,
        "errors": [RowError.EXAMPLE],
        "error": None,
        "created_at": "2026-11-22T15:04:05.000000Z",
        "started_at": "2026-11-22T15:04:05.000000Z",
        "finished_at": None,
    }

    id = serializers.UUIDField()
    status = serializers.CharField()
    total_bytes = serializers.IntegerField()
    offset = serializers.IntegerField()
    percent = serializers.FloatField()
    processed = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    failed = serializers.IntegerField()
    rows_per_second = serializers.FloatField(allow_null=True)
    eta_seconds = serializers.FloatField(allow_null=True)
    errors = RowError(many=True)  # type: ignore[assignment]  # as above
    error = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        """Add the share that is done."""
        percent = round(100 * row["offset"] / row["total_bytes"], 1)
        return super().of({**row, "percent": percent, "error": row["error"] or None})
