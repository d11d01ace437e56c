"""One batch of an import: rows checked one by one, products written by a few statements for all of them.

The rows' products are locked first, by ascending id like everywhere, so that stock and orders move on consistently.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from catalog.domain import import_rows, slugs
from catalog.domain.csv_reader import Record
from catalog.domain.import_rows import Row
from catalog.models import Product
from shared.db.models import uuid7

Known = Mapping[str, Mapping[str, Any]]


@dataclass(kw_only=True)
class Result:
    """What became of a batch: counts, and (line, message) of the rows that were not taken."""

    created: int = 0
    updated: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)


_CATEGORIES = """
INSERT INTO category (id, slug, name, created_at, updated_at)
SELECT id, slug, name, now(), now()
  FROM unnest(%(ids)s::uuid[], %(slugs)s::text[], %(names)s::text[]) AS wanted (id, slug, name)
 ORDER BY slug
ON CONFLICT (slug) DO NOTHING
"""

_UPSERT = """
INSERT INTO product AS p
       (id, sku, name, slug, price, description, category_id, is_active, created_at, updated_at)
SELECT wanted.*, now(), now()
  FROM unnest(%(id)s::uuid[], %(sku)s::text[], %(name)s::text[], %(slug)s::text[], %(price)s::numeric[],
              %(description)s::text[], %(category_id)s::uuid[], %(is_active)s::boolean[])
       AS wanted (id, sku, name, slug, price, description, category_id, is_active)
 ORDER BY wanted.sku
ON CONFLICT (sku) DO UPDATE
   SET name = excluded.name, price = excluded.price, description = excluded.description,
       category_id = excluded.category_id, is_active = excluded.is_active, updated_at = excluded.updated_at
RETURNING sku, id
"""

# A category cannot go away while a product is put into it.
_CATEGORY_IDS = "SELECT slug, id FROM category WHERE slug = ANY(%(slugs)s::text[]) ORDER BY id FOR KEY SHARE"

# Every row is locked by now, so this statement's snapshot shows what nobody else can change.
_COUNT = """
WITH changed AS MATERIALIZED (
    SELECT product.id, wanted.on_hand - product.on_hand AS delta
      FROM unnest(%(ids)s::uuid[], %(on_hand)s::bigint[]) AS wanted (id, on_hand)
      JOIN product ON product.id = wanted.id AND product.on_hand <> wanted.on_hand
), moved AS (
    UPDATE product SET on_hand = product.on_hand + changed.delta FROM changed WHERE product.id = changed.id
)
INSERT INTO stock_entry (product_id, delta, reason) SELECT id, delta, 'import' FROM changed
"""


def apply(*, columns: Sequence[str], records: Iterable[Record]) -> Result:
    """Create or update the products of one batch, within the caller's transaction.

    Args:
        columns: the file's header.
        records: the batch.

    Returns:
        The counts, in which a row that a later one replaces counts as an update, and the errors by line.
    """
    result = Result()
    rows = _readable(columns, records, result)
    known = _locked({row.sku for row in rows})
    rows = [row for row in rows if _fits(row, known, result)]
    last: dict[str, Row] = {}
    for row in rows:
        last[row.sku] = row.over(last[row.sku]) if row.sku in last else row
    if last:
        ids = _upsert(list(last.values()), known)
        _count(last.values(), ids)
    result.created = len(last.keys() - known.keys())
    result.updated = len(rows) - result.created
    result.errors.sort()
    return result


def _readable(columns: Sequence[str], records: Iterable[Record], result: Result) -> list[Row]:
    """Return the rows that keep the rules, and note the others."""
    rows = []
    for record in records:
        try:
            rows.append(import_rows.read(columns, record.fields, line=record.line))
        except import_rows.WrongRow as error:
            result.errors.append((record.line, str(error)))
    return rows


def _locked(skus: set[str]) -> dict[str, dict[str, Any]]:
    """Return what there is of the products, locked, by sku."""
    found = Product.objects.select_for_update(no_key=True).filter(sku__in=skus).order_by("id")
    fields = ("id", "sku", "slug", "description", "category_id", "is_active", "reserved")
    return {each["sku"]: each for each in found.values(*fields)}


def _fits(row: Row, known: Known, result: Result) -> bool:
    """Return whether a row leaves what orders have reserved, and note it if not."""
    reserved = known[row.sku]["reserved"] if row.sku in known else 0
    if row.on_hand is None or row.on_hand >= reserved:
        return True
    message = f"on_hand: {reserved} are reserved for orders, so the stock cannot become {row.on_hand}."
    result.errors.append((row.line, message))
    return False


def _upsert(rows: list[Row], known: Known) -> dict[str, UUID]:
    """Write the products by sku; returns their ids."""
    categories = _categories({row.category for row in rows if row.category})
    values = [_values(row, known.get(row.sku, {}), categories) for row in rows]
    _give_slugs(values)
    columns = {name: [value[name] for value in values] for name in values[0]}
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, columns)
        return dict(cursor.fetchall())


def _values(row: Row, before: Mapping[str, Any], categories: Mapping[str, UUID]) -> dict[str, Any]:
    """Return a product's columns: what the row says, else what there is, else the default."""
    category_id = categories[slugs.slugify(row.category)] if row.category else before.get("category_id")
    return {
        "id": before.get("id") or uuid7(),
        "sku": row.sku,
        "name": row.name,
        "slug": before.get("slug"),
        "price": row.price,
        "description": before.get("description", "") if row.description is None else row.description,
        "category_id": category_id,
        "is_active": before.get("is_active", True) if row.is_active is None else row.is_active,
    }


def _give_slugs(values: list[dict[str, Any]]) -> None:
    """Give new products slugs that nobody has; a product keeps the slug it had."""
    options = {
        value["sku"]: slugs.candidates(value["name"], value["sku"], value["id"].hex[-12:])
        for value in values
        if value["slug"] is None
    }
    every = {option for each in options.values() for option in each}
    taken = set(Product.objects.filter(slug__in=every).values_list("slug", flat=True))
    for value in values:
        value["slug"] = value["slug"] or slugs.choose(options[value["sku"]], taken)


def _categories(names: set[str]) -> dict[str, UUID]:
    """Return the ids of categories by slug; those that are missing are made."""
    by_slug = {slugs.slugify(name): name for name in sorted(names)}
    if not by_slug:
        return {}
    values: dict[str, list[Any]] = {
        "ids": [uuid7() for _ in by_slug],
        "slugs": list(by_slug),
        "names": list(by_slug.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CATEGORIES, values)
        cursor.execute(_CATEGORY_IDS, values)
        return dict(cursor.fetchall())


def _count(rows: Iterable[Row], ids: Mapping[str, UUID]) -> None:
    """Set what is on hand where the rows say it, with a ledger entry for each change."""
    counted = {ids[row.sku]: row.on_hand for row in rows if row.on_hand is not None}
    if not counted:
        return
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"ids": list(counted), "on_hand": list(counted.values())})
