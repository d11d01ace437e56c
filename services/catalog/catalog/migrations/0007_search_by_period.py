"""One index for words, for words within categories and for words by four weeks, newest first (record 12).

Built and dropped without stopping anybody's writes; the old code, which runs meanwhile, finds words by the new index as
well. One that failed half-way stays behind as invalid: drop it (`DROP INDEX CONCURRENTLY`) and migrate again.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, BtreeGinExtension
from django.db import migrations, models

_PERIODS = """
CREATE OR REPLACE FUNCTION product_period(timestamptz) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN floor((($1 AT TIME ZONE 'UTC')::date - DATE '2024-01-01') / 28.0)::integer;

CREATE OR REPLACE FUNCTION product_period_begins(integer) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN (DATE '2024-01-01' + $1 * 28)::timestamp AT TIME ZONE 'UTC'
"""
# As that of 0002, but of two common words most often without reading all their places: first those of one period.
_FOUND = """
CREATE OR REPLACE FUNCTION product_is_found(query tsquery, with_inactive boolean, period integer) RETURNS boolean
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
AS $$
    SELECT EXISTS (SELECT FROM product WHERE document @@ query AND (is_active OR with_inactive)
                                         AND product_period(created_at) = period)
        OR EXISTS (SELECT FROM product WHERE document @@ query AND (is_active OR with_inactive))
$$
"""
_NO_PERIODS = "DROP FUNCTION product_period_begins(integer); DROP FUNCTION product_period(timestamptz)"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0006_import_progress")]

    operations = [
        BtreeGinExtension(),
        migrations.RunSQL(_PERIODS, _NO_PERIODS),
        AddIndexConcurrently(
            "product",
            GinIndex(
                models.F("document"),
                models.F("category"),
                models.Func(models.F("created_at"), function="product_period", output_field=models.IntegerField()),
                name="product_document_period",
            ),
        ),
        migrations.RunSQL(_FOUND, "DROP FUNCTION product_is_found(tsquery, boolean, integer)"),
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS product_document",
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS product_document ON product USING gin (document)",
            state_operations=[migrations.RemoveIndex("product", "product_document")],
        ),
    ]
