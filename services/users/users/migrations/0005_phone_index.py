"""Release 0.2, expand: the index that finds a phone number, built while others write.

An index of an interrupted attempt is invalid and in the way, so each attempt begins by removing it.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

UNBOUNDED, BOUNDED = "SET statement_timeout = 0", "RESET statement_timeout"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("users", "0004_phone_columns")]

    operations = [
        migrations.RunSQL(UNBOUNDED, BOUNDED),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS users_by_phone_index", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "user",
            models.Index(fields=["phone_index"], condition=Q(phone_index__isnull=False), name="users_by_phone_index"),
        ),
        migrations.RunSQL(BOUNDED, UNBOUNDED),
    ]
