"""Categories and products, and how much of a product there is."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q

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
    # Three indexes below begin with it.
    category = models.ForeignKey(Category, null=True, on_delete=models.PROTECT, related_name="products", db_index=False)
    is_active = models.BooleanField(default=True, db_default=True)
    # No index on these two: so PostgreSQL can update them in place (HOT) under many orders.
    on_hand = models.BigIntegerField(default=0, db_default=0)
    reserved = models.BigIntegerField(default=0, db_default=0)
    # Triggers keep these two, whoever writes (migration 0002). An index may be on `sold_out`: it changes rarely.
    sold_out = models.BooleanField(default=True, db_default=True, editable=False)
    document = SearchVectorField(editable=False)

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
        # Not only of active products: staff sees and sorts them all, and few are inactive.
        indexes = [
            # Of one price the oldest come first: whoever wants new ones passes by the rest within the index.
            models.Index(fields=["price", "id", "created_at"], name="product_price_created"),
            models.Index(fields=["name", "id"], name="product_name"),
            models.Index(fields=["created_at", "id"], name="product_created"),
            models.Index(fields=["category", "price", "id"], name="product_category_price"),
            models.Index(fields=["category", "name", "id"], name="product_category_name"),
            models.Index(fields=["category", "-created_at", "-id"], name="product_category_created"),
            models.Index(
                fields=["-created_at", "-id"],
                condition=Q(is_active=True, sold_out=True),
                name="product_sold_out",
            ),
            # Words alone, within categories, and by four weeks: so the newest matches are found first (record 12).
            GinIndex(
                F("document"),
                F("category"),
                Func(F("created_at"), function="product_period", output_field=models.IntegerField()),
                name="product_document_period",
            ),
        ]

    def __str__(self) -> str:
        return self.sku


class ProductWord(models.Model):
    """A word of some product's name, as it is spelt: what a mistyped word may have meant.

    Triggers keep it (migration 0002). Not unique on purpose: two imports that bring the same new word at the same time
    must not wait for each other, and a word that is there twice does no harm.
    """

    id = models.BigAutoField(primary_key=True)
    word = models.TextField()

    class Meta:
        db_table = "product_word"
        indexes = [
            models.Index(fields=["word"], name="product_word_known"),
            GinIndex(fields=["word"], name="product_word_alike", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.word
