"""Release 0.3, tighten: the key decides who has an address; its index is built while others write.

Two old rows with one key cannot differ only in case, which release 0.1 refused, but they can in the form of their
characters (a full-width s in a domain, and a plain one). Then this stops before it changes anything and names the accounts by
id: deactivate and erase one of each group, or merge them, and migrate again.
"""

from typing import Any

from django.db import migrations, models

UNBOUNDED, BOUNDED = "SET statement_timeout = 0", "RESET statement_timeout"
SHARED = """
SELECT string_agg(id::text, ' and ' ORDER BY id) FROM users
 WHERE email_key IS NOT NULL GROUP BY email_key HAVING count(*) > 1 ORDER BY 1 LIMIT 20
"""


class SharedAddress(Exception):
    """Several accounts have what now counts as one address."""


def refuse_shared(apps: Any, schema_editor: Any) -> None:
    del apps
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(SHARED)
        groups = [row[0] for row in cursor.fetchall()]
    if groups:
        raise SharedAddress(
            f"These accounts have the same address; merge or erase one of each and migrate again: {'; '.join(groups)}"
        )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("users", "0009_email_key_filled")]

    operations = [
        migrations.RunSQL(UNBOUNDED, BOUNDED),
        migrations.RunPython(refuse_shared, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS users_email_key_unique", migrations.RunSQL.noop),
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY users_email_key_unique ON users (email_key)",
                    migrations.RunSQL.noop,
                ),
                migrations.RunSQL(
                    "ALTER TABLE users ADD CONSTRAINT users_email_key_unique UNIQUE USING INDEX users_email_key_unique",
                    "ALTER TABLE users DROP CONSTRAINT users_email_key_unique",
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    "user", models.UniqueConstraint(fields=["email_key"], name="users_email_key_unique")
                )
            ],
        ),
        migrations.RunSQL(BOUNDED, UNBOUNDED),
    ]
