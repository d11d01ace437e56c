"""Release 0.3, fill: rows of before release 0.2 get their key, 1,000 in a transaction, found by id.

Interrupted, it goes on where it stopped: only rows without a key are looked at. Erased accounts keep none. The
normalisation is a copy, since a migration must do next year what it did today. Backwards every key is removed.
"""

import unicodedata
from typing import Any

from django.db import migrations

BATCH = 1000

# The rows after an id that lack their key; an erased account has no address any more.
FIND = """
SELECT id, email FROM users
 WHERE email_key IS NULL AND (is_active OR email NOT LIKE '%%@erased.invalid')
   AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid)
 ORDER BY id LIMIT %(batch)s
"""
# An account that was erased since it was read keeps no key.
FILL = """
UPDATE users SET email_key = filled.key
  FROM unnest(%(ids)s::uuid[], %(emails)s::text[], %(keys)s::text[]) AS filled (id, email, key)
 WHERE users.id = filled.id AND users.email = filled.email AND users.email_key IS NULL
"""
FIND_FILLED = """
SELECT id FROM users
 WHERE email_key IS NOT NULL AND (%(after)s::uuid IS NULL OR id > %(after)s::uuid)
 ORDER BY id LIMIT %(batch)s
"""
EMPTY = "UPDATE users SET email_key = NULL WHERE id = ANY(%(ids)s::uuid[])"


def key(email: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email.strip()).lower())


def fill(apps: Any, schema_editor: Any) -> None:
    del apps
    after = None
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(FIND, {"after": after, "batch": BATCH})
            rows = cursor.fetchall()
            if not rows:
                return
            ids, emails = [row[0] for row in rows], [row[1] for row in rows]
            cursor.execute(FILL, {"ids": ids, "emails": emails, "keys": [key(email) for email in emails]})
            after = ids[-1]


def empty(apps: Any, schema_editor: Any) -> None:
    del apps
    after = None
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(FIND_FILLED, {"after": after, "batch": BATCH})
            ids = [row[0] for row in cursor.fetchall()]
            if not ids:
                return
            cursor.execute(EMPTY, {"ids": ids})
            after = ids[-1]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("users", "0008_password_resets")]

    operations = [migrations.RunPython(fill, empty)]
