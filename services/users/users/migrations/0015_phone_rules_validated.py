"""Release 0.3, tighten: the older rows are checked too, under a lock that lets others read and write."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

UNBOUNDED, BOUNDED = "SET statement_timeout = 0", "RESET statement_timeout"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("users", "0014_phone_rules")]

    operations = [
        migrations.RunSQL(UNBOUNDED, BOUNDED),
        ValidateConstraint("user", "users_phone_iff_index"),
        ValidateConstraint("user", "users_premium_has_phone"),
        migrations.RunSQL(BOUNDED, UNBOUNDED),
    ]
