"""Fill what 0002 added, a thousand products at a time, each batch in a transaction of its own.

Safe to stop and to start again: a batch goes by the last id of the one before, and what is right already is left alone.
"""

from typing import Any
from uuid import UUID

from django.db import migrations, transaction

BATCH = 1000

_IDS = "SELECT id FROM product WHERE id > %s ORDER BY id LIMIT %s"

# The triggers compute; a document that is there stays.
_DOCUMENTS = "UPDATE product SET document = NULL WHERE id = ANY(%s) AND document IS NULL"
_SOLD_OUT = "UPDATE product SET sold_out = NOT sold_out WHERE id = ANY(%s) AND sold_out <> (on_hand <= reserved)"
_WORDS = """
INSERT INTO product_word (word)
SELECT DISTINCT word FROM product, unnest(plaza_spelt(product.name)) AS word
 WHERE product.id = ANY(%s) AND NOT EXISTS (SELECT FROM product_word known WHERE known.word = word.word)
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """Walk through all products by id."""
    del apps
    last = UUID(int=0)
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(_IDS, [last, BATCH])
            ids = [row[0] for row in cursor.fetchall()]
            if not ids:
                return
            with transaction.atomic(using=schema_editor.connection.alias):
                cursor.execute("SELECT FROM product WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [ids])
                for statement in (_DOCUMENTS, _SOLD_OUT, _WORDS):
                    cursor.execute(statement, [ids])
            last = ids[-1]


def empty(apps: Any, schema_editor: Any) -> None:
    """Forget the words; the columns go with 0002."""
    del apps
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("DELETE FROM product_word")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0002_search")]

    operations = [migrations.RunPython(fill, empty)]
