"""The generation of ready answers: one row, made by whoever needs it first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("http", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Generation",
            fields=[
                ("only_one", models.BooleanField(default=True, primary_key=True, serialize=False)),
                ("value", models.UUIDField()),
            ],
            options={
                "db_table": "ready_generation",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("only_one", True)), name="ready_generation_only_one")
                ],
            },
        ),
    ]
