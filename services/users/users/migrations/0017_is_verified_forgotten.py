"""Release 0.4, contract: the code forgets `is_verified`; the column stays for release 0.3, which still writes it.

The database's default fills it in for the code that no longer knows it.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("users", "0016_email_unique_dropped")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE users ALTER COLUMN is_verified SET DEFAULT false",
                    "ALTER TABLE users ALTER COLUMN is_verified DROP DEFAULT",
                )
            ],
            state_operations=[migrations.RemoveField("user", "is_verified")],
        ),
    ]
