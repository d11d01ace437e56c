"""Indexes of the filters and orderings, built and dropped without stopping anybody's writes.

An index that failed half-way stays behind as invalid: drop it (`DROP INDEX CONCURRENTLY`) and migrate again.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0003_fill_search")]

    operations = [
        AddIndexConcurrently("product", GinIndex(fields=["document"], name="product_document")),
        AddIndexConcurrently(
            "product", models.Index(fields=["category", "price", "id"], name="product_category_price")
        ),
        AddIndexConcurrently(
            "product", models.Index(fields=["category", "-created_at", "-id"], name="product_category_created")
        ),
        AddIndexConcurrently(
            "product",
            models.Index(
                fields=["-created_at", "-id"],
                condition=models.Q(is_active=True, sold_out=True),
                name="product_sold_out",
            ),
        ),
        RemoveIndexConcurrently("product", "product_name_words"),
        # The two indexes that begin with the category serve whoever looks up by it.
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS product_category_id_640030a0",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS product_category_id_640030a0 ON product (category_id)",
            state_operations=[
                migrations.AlterField(
                    "product",
                    "category",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=models.PROTECT,
                        related_name="products",
                        to="catalog.category",
                    ),
                ),
            ],
        ),
    ]
