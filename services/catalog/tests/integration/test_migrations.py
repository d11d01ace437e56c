"""The search's migrations over a table with products in it: forwards, backwards, and with the old code at work."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from catalog.models import Product, ProductWord

pytestmark = pytest.mark.django_db(transaction=True)

OLD_INSERT = """
INSERT INTO product (id, created_at, updated_at, sku, name, slug, price, on_hand)
SELECT gen_random_uuid(), now(), now(), 'S' || n, 'Lamp ' || n, 's-' || n, 1, n %% 2
  FROM generate_series(%s, %s) AS n
"""


def migrate(name):
    executor = MigrationExecutor(connection)
    executor.migrate([("catalog", name)])


def execute(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def columns():
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = 'product'")
        return dict(cursor.fetchall())


@pytest.fixture
def restored():
    """Whatever happens, the other tests find the newest schema."""
    yield
    migrate(MigrationExecutor(connection).loader.graph.leaf_nodes("catalog")[0][1])


@pytest.mark.usefixtures("restored")
def test_products_from_before_are_filled_in_batches_and_the_old_code_writes_on():
    migrate("0001_initial")
    assert not {"document", "sold_out"} & set(columns())
    execute(OLD_INSERT, 1, 2500)

    migrate("0002_search")
    execute(OLD_INSERT, 2501, 2502)  # the old code on the new schema
    assert columns()["document"] == "YES"
    assert Product.objects.filter(document__isnull=True).count() == 2500

    migrate("0005_document_required")
    execute(OLD_INSERT, 2503, 2504)
    assert columns()["document"] == "NO"
    assert Product.objects.filter(document__isnull=True).count() == 0
    assert Product.objects.filter(document="lamp").count() == 2504
    assert Product.objects.filter(sold_out=False).count() == 1252
    assert ProductWord.objects.filter(word="lamp").count() == 1


@pytest.mark.usefixtures("restored")
def test_a_fill_that_was_stopped_is_taken_up_and_leaves_what_is_right_alone():
    execute(OLD_INSERT, 1, 3)
    migrate("0002_search")
    execute("ALTER TABLE product DISABLE TRIGGER ALL")
    execute("UPDATE product SET document = NULL, sold_out = NOT sold_out WHERE sku = 'S1'")
    execute("ALTER TABLE product ENABLE TRIGGER ALL")
    before = dict(Product.objects.extra(select={"xmin": "xmin::text"}).values_list("sku", "xmin"))

    migrate("0003_fill_search")

    after = dict(Product.objects.extra(select={"xmin": "xmin::text"}).values_list("sku", "xmin"))
    assert {sku for sku in before if before[sku] != after[sku]} == {"S1"}
    assert dict(Product.objects.values_list("sku", "sold_out")) == {"S1": False, "S2": True, "S3": False}
    assert Product.objects.filter(document="lamp").count() == 3
