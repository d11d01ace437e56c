"""Expand: when an import began, which file it is, and which field of which product is wrong."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_document_required")]

    operations = [
        migrations.AddField("import", "digest", models.CharField(blank=True, db_default="", default="", max_length=64)),
        migrations.AddField("import", "started_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "importrowerror", "field", models.CharField(blank=True, db_default="", default="", max_length=63)
        ),
        migrations.AddField(
            "importrowerror", "sku", models.CharField(blank=True, db_default="", default="", max_length=64)
        ),
    ]
