"""Two lists that grew with the catalog read their page only: a category by name, and what is new by price.

The index by price tells how new a product is, so that what is older is passed by without being read. Built and dropped
without stopping anybody's writes; the old code finds prices by the new index as well. One that failed half-way stays
behind as invalid: drop it (`DROP INDEX CONCURRENTLY`) and migrate again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0007_search_by_period")]

    operations = [
        AddIndexConcurrently("product", models.Index(fields=["category", "name", "id"], name="product_category_name")),
        AddIndexConcurrently(
            "product", models.Index(fields=["price", "id", "created_at"], name="product_price_created")
        ),
        RemoveIndexConcurrently("product", "product_price"),
    ]
