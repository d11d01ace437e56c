"""Release 0.3, fill: accounts that were verified before release 0.2 get a time, 1,000 in a transaction.

Nobody wrote down when it was: the row's last change is the latest that it can have been. Backwards, `is_verified`
says again what `verified_at` knows.
"""

from typing import Any

from django.db import migrations

BATCH = 1000

FILL = """
UPDATE users SET verified_at = updated_at WHERE id IN (
    SELECT id FROM users WHERE is_verified AND verified_at IS NULL
       AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid)
     ORDER BY id LIMIT %(batch)s FOR UPDATE)
RETURNING id
"""
UNFILL = """
UPDATE users SET is_verified = verified_at IS NOT NULL WHERE id IN (
    SELECT id FROM users WHERE is_verified <> (verified_at IS NOT NULL)
       AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid)
     ORDER BY id LIMIT %(batch)s FOR UPDATE)
RETURNING id
"""


def in_batches(schema_editor: Any, statement: str) -> None:
    after = None
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(statement, {"after": after, "batch": BATCH})
            ids = [row[0] for row in cursor.fetchall()]
            if not ids:
                return
            after = max(ids)


def fill(apps: Any, schema_editor: Any) -> None:
    del apps
    in_batches(schema_editor, FILL)


def unfill(apps: Any, schema_editor: Any) -> None:
    del apps
    in_batches(schema_editor, UNFILL)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("users", "0012_email_key_validated")]

    operations = [migrations.RunPython(fill, unfill)]
