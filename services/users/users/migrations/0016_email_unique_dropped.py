"""Release 0.4, contract: the index on lower(email) goes; since release 0.3 the key decides and finds."""

from django.db import migrations

UNBOUNDED, BOUNDED = "SET statement_timeout = 0", "RESET statement_timeout"


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("users", "0015_phone_rules_validated")]

    operations = [
        migrations.RunSQL(UNBOUNDED, BOUNDED),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS users_email_unique",
                    "CREATE UNIQUE INDEX CONCURRENTLY users_email_unique ON users (lower(email))",
                )
            ],
            state_operations=[migrations.RemoveConstraint("user", "users_email_unique")],
        ),
        migrations.RunSQL(BOUNDED, UNBOUNDED),
    ]
