"""Expand: what full-text search, its correction of typing errors and the filter by stock need.

Every step takes its lock for a moment only: columns without a computed default, triggers, an empty table. A generated
column would rewrite the whole table under an exclusive lock, so a trigger keeps the document instead (record 12).
The old code knows none of it: the triggers fill in what it writes.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import UnaccentExtension
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models

# The dictionary is named with its schema: so the function holds its promise whatever the search path is.
_FOLDED = """
CREATE FUNCTION plaza_folded(text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN public.unaccent('public.unaccent'::regdictionary, lower($1))
"""

# Stems as in English, but no stop words, which would make "The Who" unfindable. ASCII words have no accents to lose.
_CONFIGURATION = """
CREATE TEXT SEARCH DICTIONARY plaza_stem (TEMPLATE = snowball, Language = english);
CREATE TEXT SEARCH CONFIGURATION plaza (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION plaza
    ALTER MAPPING FOR asciiword, asciihword, hword_asciipart WITH plaza_stem;
ALTER TEXT SEARCH CONFIGURATION plaza
    ALTER MAPPING FOR word, hword, hword_part WITH unaccent, plaza_stem;

CREATE TEXT SEARCH CONFIGURATION plaza_spelling (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION plaza_spelling
    ALTER MAPPING FOR word, hword, hword_part WITH unaccent, simple;
"""
_NO_CONFIGURATION = """
DROP TEXT SEARCH CONFIGURATION plaza_spelling;
DROP TEXT SEARCH CONFIGURATION plaza;
DROP TEXT SEARCH DICTIONARY plaza_stem;
"""

# Slashes would make a path of "red/blue", which neither word finds.
_DOCUMENT = r"""
CREATE FUNCTION plaza_words(text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('public.plaza'::regconfig, translate(coalesce($1, ''), '/\', '  '));

CREATE FUNCTION plaza_spelt(text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN tsvector_to_array(to_tsvector('public.plaza_spelling'::regconfig, translate(coalesce($1, ''), '/\', '  ')));

CREATE FUNCTION product_document(name text, sku text, description text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(public.plaza_words(name), 'A') || setweight(public.plaza_words(sku), 'A')
    || setweight(public.plaza_words(description), 'C');

CREATE FUNCTION product_set_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.document := product_document(NEW.name, NEW.sku, NEW.description);
    RETURN NEW;
END $$;

CREATE TRIGGER product_document BEFORE INSERT OR UPDATE OF name, sku, description, document ON product
FOR EACH ROW EXECUTE FUNCTION product_set_document();
"""
_NO_DOCUMENT = """
DROP TRIGGER product_document ON product;
DROP FUNCTION product_set_document();
DROP FUNCTION product_document(text, text, text);
DROP FUNCTION plaza_spelt(text);
DROP FUNCTION plaza_words(text);
"""

# In the path of every order: the function is only called when a product sells out or comes back.
_SOLD_OUT = """
CREATE FUNCTION product_set_sold_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.sold_out := NEW.on_hand <= NEW.reserved;
    RETURN NEW;
END $$;

CREATE TRIGGER product_sold_out BEFORE INSERT OR UPDATE OF on_hand, reserved, sold_out ON product
FOR EACH ROW WHEN (NEW.sold_out IS DISTINCT FROM (NEW.on_hand <= NEW.reserved))
EXECUTE FUNCTION product_set_sold_out();
"""
_NO_SOLD_OUT = "DROP TRIGGER product_sold_out ON product; DROP FUNCTION product_set_sold_out()"

# As they are spelt: one slip in a word may be more in its stem.
# Set-based for new products, row by row for renamed ones: a statement's trigger would see every sale.
_WORDS = """
CREATE FUNCTION product_new_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO product_word (word)
    WITH brought AS MATERIALIZED (
        SELECT DISTINCT word FROM added, unnest(plaza_spelt(added.name)) AS word
    )
    SELECT word FROM brought WHERE NOT EXISTS (SELECT FROM product_word known WHERE known.word = brought.word);
    RETURN NULL;
END $$;

CREATE FUNCTION product_renamed_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO product_word (word)
    SELECT word FROM unnest(plaza_spelt(NEW.name)) AS word
     WHERE NOT EXISTS (SELECT FROM product_word known WHERE known.word = word.word);
    RETURN NULL;
END $$;

CREATE TRIGGER product_new_words AFTER INSERT ON product REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION product_new_words();

CREATE TRIGGER product_renamed_words AFTER UPDATE OF name ON product
FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION product_renamed_words();
"""
_NO_WORDS = """
DROP TRIGGER product_renamed_words ON product;
DROP TRIGGER product_new_words ON product;
DROP FUNCTION product_renamed_words();
DROP FUNCTION product_new_words();
"""

# Whether anything is found must not cost a scan of the table when nothing is: the planner, which expects some match
# soon, would choose one. Inside this function it cannot.
_FOUND = """
CREATE FUNCTION product_is_found(query tsquery, with_inactive boolean) RETURNS boolean
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
AS $$ SELECT EXISTS (SELECT FROM product WHERE document @@ query AND (is_active OR with_inactive)) $$
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        UnaccentExtension(),
        migrations.RunSQL(_FOLDED, "DROP FUNCTION plaza_folded(text)"),
        migrations.RunSQL(_CONFIGURATION, _NO_CONFIGURATION),
        migrations.AddField("product", "document", SearchVectorField(editable=False, null=True)),
        migrations.RunSQL(_DOCUMENT, _NO_DOCUMENT),
        migrations.AddField("product", "sold_out", models.BooleanField(db_default=True, default=True, editable=False)),
        migrations.RunSQL(_SOLD_OUT, _NO_SOLD_OUT),
        migrations.CreateModel(
            name="ProductWord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("word", models.TextField()),
            ],
            options={
                "db_table": "product_word",
                "indexes": [
                    models.Index(fields=["word"], name="product_word_known"),
                    GinIndex(fields=["word"], name="product_word_alike", opclasses=["gin_trgm_ops"]),
                ],
            },
        ),
        migrations.RunSQL(_WORDS, _NO_WORDS),
        migrations.RunSQL(_FOUND, "DROP FUNCTION product_is_found(tsquery, boolean)"),
    ]
