"""The drill: the catalog's tables come back from a backup as they were, the words of its search included."""

import pytest
from django.core.management import call_command
from django.db import connection
from factories import CategoryFactory, ProductFactory

from devstack.parts import postgres
from shared.upkeep import tables

pytestmark = pytest.mark.django_db(transaction=True)


def content() -> dict[str, list[str]]:
    """Return every row of every table as text."""
    found = {}
    with connection.cursor() as cursor:
        for name in tables.columns():
            cursor.execute(f"SELECT t::text FROM {name} AS t ORDER BY 1")
            found[name] = [row[0] for row in cursor.fetchall()]
    return found


@pytest.mark.parametrize("form", ["json", "pg_dump"])
def test_the_catalog_comes_back_as_it_was(tmp_path, settings, form):
    settings.PG_BIN = postgres.binaries()
    kitchen = CategoryFactory(slug="kitchen")
    for name in ("Copper kettle", "Blue kettle", "Iron pan"):
        ProductFactory(name=name, category=kitchen)
    before = content()
    call_command("backup_data", "--output-dir", str(tmp_path), "--format", form)
    (path,) = (each for each in tmp_path.iterdir() if each.suffix != ".sha256")

    call_command("restore_data", str(path), "--flush")

    after = content()
    # A dump has its own order: where products come before their words, these are noted twice, which counts for nothing.
    said = [{row.partition(",")[2] for row in table.pop("product_word")} for table in (before, after)]
    assert after == before
    assert said == [{"copper)", "kettle)", "blue)", "iron)", "pan)"}] * 2
