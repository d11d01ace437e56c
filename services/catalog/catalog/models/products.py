"""Categories and products, and how much of a product there is."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from catalog.domain import slugs
from shared.db.models import Entity, MoneyField


class Category(Entity):
    """A node in the tree of categories."""

    slug = models.CharField(max_length=slugs.LONGEST)
    name = models.CharField(max_length=200)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        db_table = "category"
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="category_slug_once"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="category_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.slug


class Product(Entity):
    """A thing that is sold; what is on hand and not reserved can be bought."""

    sku = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    slug = models.CharField(max_length=slugs.LONGEST)
    description = models.TextField(blank=True, db_default="")
    price = MoneyField()
    category = models.ForeignKey(Category, null=True, on_delete=models.PROTECT, related_name="products")
    is_active = models.BooleanField(default=True, db_default=True)
    # No index on these two: so PostgreSQL can update them in place (HOT) under many orders.
    on_hand = models.BigIntegerField(default=0, db_default=0)
    reserved = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "product"
        constraints = [
            models.UniqueConstraint(fields=["sku"], name="product_sku_once"),
            models.UniqueConstraint(fields=["slug"], name="product_slug_once"),
            models.CheckConstraint(condition=Q(price__gt=0), name="product_price_above_zero"),
            models.CheckConstraint(
                condition=Q(on_hand__gte=0, reserved__gte=0, reserved__lte=F("on_hand")),
                name="product_never_oversold",
            ),
        ]
        indexes = [
            models.Index(fields=["price", "id"], name="product_price"),
            models.Index(fields=["name", "id"], name="product_name"),
            models.Index(fields=["created_at", "id"], name="product_created"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="product_name_words"),
        ]

    def __str__(self) -> str:
        return self.sku
