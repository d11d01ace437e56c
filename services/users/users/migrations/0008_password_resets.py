"""Release 0.2, expand: a new table for pending password resets."""

from django.db import migrations, models

import shared.db.models


class Migration(migrations.Migration):
    dependencies = [("users", "0007_verified_at_column")]

    operations = [
        migrations.CreateModel(
            name="PasswordReset",
            fields=[
                (
                    "id",
                    models.UUIDField(default=shared.db.models.uuid7, editable=False, primary_key=True, serialize=False),
                ),
                ("user_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "password_resets",
                "indexes": [
                    models.Index(fields=["user_id"], name="password_resets_of_user"),
                    models.Index(fields=["created_at"], name="password_resets_created"),
                ],
            },
        ),
    ]
