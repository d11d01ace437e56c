"""Release 0.2, expand: when an address was verified; that release's code writes it beside `is_verified`."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0006_email_key_column")]

    operations = [
        migrations.AddField("user", "verified_at", models.DateTimeField(null=True)),
    ]
