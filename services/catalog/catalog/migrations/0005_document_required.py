"""Tighten: every product has its document, now that all are filled and the trigger sees to new ones.

A plain SET NOT NULL reads the whole table under an exclusive lock. A check that is first added as NOT VALID and then
validated lets everybody read and write meanwhile, and PostgreSQL takes it as the proof that SET NOT NULL needs.
"""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models

_FILLED = models.CheckConstraint(condition=models.Q(document__isnull=False), name="product_document_filled")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0004_search_indexes")]

    operations = [
        AddConstraintNotValid("product", _FILLED),
        ValidateConstraint("product", "product_document_filled"),
        migrations.RunSQL(
            "ALTER TABLE product ALTER COLUMN document SET NOT NULL",
            "ALTER TABLE product ALTER COLUMN document DROP NOT NULL",
            state_operations=[
                migrations.AlterField("product", "document", SearchVectorField(editable=False)),
            ],
        ),
        migrations.RemoveConstraint("product", "product_document_filled"),
    ]
