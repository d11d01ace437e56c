"""One index for words alone and for words within categories, built and dropped without stopping anybody's writes.

The old code, which runs meanwhile, finds words by the new index as well. One that failed half-way stays behind as
invalid: drop it (`DROP INDEX CONCURRENTLY`) and migrate again.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, BtreeGinExtension, RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0006_import_progress")]

    operations = [
        BtreeGinExtension(),
        AddIndexConcurrently("product", GinIndex(fields=["document", "category"], name="product_document_category")),
        RemoveIndexConcurrently("product", "product_document"),
    ]
