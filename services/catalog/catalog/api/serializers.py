"""What the API takes and gives: strict input, and rows as JSON."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers

from catalog.domain import products, slugs
from shared.http.serializers import AmountField, StrictSerializer


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

    on_hand = serializers.IntegerField(min_value=0, max_value=products.MOST_UNITS, required=False)
    delta = serializers.IntegerField(min_value=-products.MOST_UNITS, max_value=products.MOST_UNITS, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse both and neither."""
        if len(attrs) != 1:
            raise serializers.ValidationError("Give either on_hand or delta.")
        return attrs


class CategoryInput(StrictSerializer):
    """A category as staff writes it."""

    name = serializers.CharField(max_length=products.NAME_LONGEST)
    slug = SlugField(required=False)
    parent = serializers.CharField(  # type: ignore[assignment]  # DRF takes declared fields off the class
        max_length=slugs.LONGEST, allow_null=True, required=False
    )


class ImportInput(StrictSerializer):
    """An upload."""

    file = serializers.FileField()


def product(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a product's JSON value."""
    available = row["on_hand"] - row["reserved"]
    slug = row["category__slug"]
    return {
        "id": row["id"],
        "sku": row["sku"],
        "name": row["name"],
        "slug": row["slug"],
        "description": row["description"],
        "price": row["price"],
        "currency": settings.CURRENCY,
        "category": None if slug is None else {"slug": slug, "name": row["category__name"]},
        "available": available,
        "in_stock": available > 0,
        "is_active": row["is_active"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def category(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a category's JSON value."""
    return {
        "id": row["id"],
        "slug": row["slug"],
        "name": row["name"],
        "parent": row["parent__slug"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }


def import_job(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an import's JSON value."""
    return {
        "id": row["id"],
        "status": row["status"],
        "total_bytes": row["total_bytes"],
        "offset": row["offset"],
        "percent": round(100 * row["offset"] / row["total_bytes"], 1),
        "processed": row["processed"],
        "created": row["created"],
        "updated": row["updated"],
        "failed": row["failed"],
        "errors": row["errors"],
        "error": row["error"] or None,
        "created_at": row["created_at"],
        "finished_at": row["finished_at"],
    }
