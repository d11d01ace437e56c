"""The indexes behind statistics and lists of completed and cancelled orders, built while others write.

An index of an interrupted attempt is invalid and in the way, so each attempt begins by removing it.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

UNBOUNDED, BOUNDED = "SET statement_timeout = 0", "RESET statement_timeout"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("orders", "0002_guard_transitions")]

    operations = [
        migrations.RunSQL(UNBOUNDED, BOUNDED),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS orders_sold", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "order",
            models.Index(
                fields=["-placed_at", "-id"],
                include=("placed_on", "user_id", "total"),
                condition=Q(status__in=["completed"]),
                name="orders_sold",
            ),
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS orders_called_off", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "order",
            models.Index(fields=["-placed_at", "-id"], condition=Q(status__in=["cancelled"]), name="orders_called_off"),
        ),
        migrations.RunSQL(BOUNDED, UNBOUNDED),
    ]
