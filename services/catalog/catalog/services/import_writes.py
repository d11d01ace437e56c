"""The statements of an import: a whole batch each, whatever the number of rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from catalog.domain import slugs
from catalog.domain.import_rows import Row
from shared.db.models import uuid7


class Before(NamedTuple):
    """A product as it is before the batch."""

    id: UUID
    sku: str
    slug: str
    description: str
    category_id: UUID | None
    is_active: bool
    reserved: int


Known = Mapping[str, Before]

_KNOWN = """
SELECT id, sku, slug, description, category_id, is_active, reserved
  FROM product WHERE sku = ANY(%(skus)s::text[]) ORDER BY id FOR NO KEY UPDATE
"""

_CATEGORIES = """
INSERT INTO category (id, slug, name, created_at, updated_at)
SELECT id, slug, name, now(), now()
  FROM unnest(%(ids)s::uuid[], %(slugs)s::text[], %(names)s::text[]) AS wanted (id, slug, name)
 ORDER BY slug
ON CONFLICT (slug) DO NOTHING
"""

# A category cannot go away while a product is put into it.
_CATEGORY_IDS = "SELECT slug, id FROM category WHERE slug = ANY(%(slugs)s::text[]) ORDER BY id FOR KEY SHARE"

_SLUGS = "SELECT slug FROM product WHERE slug = ANY(%(slugs)s::text[])"

# New products get their first stock at once, with its entry in the ledger; of the others only `_COUNT` changes it.
_UPSERT = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest(%(id)s::uuid[], %(sku)s::text[], %(name)s::text[], %(slug)s::text[], %(price)s::numeric[],
                         %(description)s::text[], %(category_id)s::uuid[], %(is_active)s::boolean[],
                         %(opening)s::bigint[])
           AS wanted (id, sku, name, slug, price, description, category_id, is_active, opening)
), written AS (
    INSERT INTO product AS p
           (id, sku, name, slug, price, description, category_id, is_active, on_hand, created_at, updated_at)
    SELECT wanted.*, now(), now() FROM wanted ORDER BY wanted.sku
    ON CONFLICT (sku) DO UPDATE
       SET name = excluded.name, price = excluded.price, description = excluded.description,
           category_id = excluded.category_id, is_active = excluded.is_active, updated_at = excluded.updated_at
    RETURNING sku, id
), opened AS (
    INSERT INTO stock_entry (product_id, delta, reason)
    SELECT id, opening, 'import' FROM written JOIN wanted USING (sku, id) WHERE opening <> 0
)
SELECT sku, id FROM written
"""

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


def locked(rows: Sequence[Row]) -> dict[str, Before]:
    """Return what there is of the rows' products, locked, by sku."""
    found = (Before(*each) for each in _asked(_KNOWN, {"skus": [row.sku for row in rows]}))
    return {each.sku: each for each in found}


def write(rows: Sequence[Row], known: Known) -> int:
    """Write the products, each sku once, with categories, slugs and stock.

    Args:
        rows: what they become.
        known: those that there are, as `locked` returned them.

    Returns:
        How many of them are new.
    """
    categories = _categories({row.category for row in rows if row.category})
    values = [_values(row, known.get(row.sku), categories) for row in rows]
    _give_slugs(values)
    columns = {name: [value[name] for value in values] for name in values[0]}
    ids = dict(_asked(_UPSERT, columns))
    new = {value["sku"] for value in values if value["sku"] not in known and ids[value["sku"]] == value["id"]}
    _count([row for row in rows if row.sku not in new], ids)
    return len(new)


def _asked(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _values(row: Row, before: Before | None, categories: Mapping[str, UUID]) -> dict[str, Any]:
    """Return a product's columns: what the row says, else what there is, else the default."""
    category_id = categories[slugs.slugify(row.category)] if row.category else before and before.category_id
    description, is_active = (before.description, before.is_active) if before else ("", True)
    return {
        "id": before.id if before else uuid7(),
        "sku": row.sku,
        "name": row.name,
        "slug": before.slug if before else "",
        "price": str(row.price),
        "description": description if row.description is None else row.description,
        "category_id": category_id,
        "is_active": is_active if row.is_active is None else row.is_active,
        "opening": 0 if before else row.on_hand or 0,
    }


def _give_slugs(values: Iterable[dict[str, Any]]) -> None:
    """Give new products slugs that nobody has; a product keeps the slug it had.

    The name alone, then with the sku, then with the id too: each round asks once, and only for what is left.
    """
    left = [value for value in values if not value["slug"]]
    given: set[str] = set()
    for count in range(3):
        options = [slugs.candidate(each["name"], *(each["sku"], each["id"].hex[-12:])[:count]) for each in left]
        taken = given | {slug for (slug,) in _asked(_SLUGS, {"slugs": options})} | {""} if left else set()
        for each, slug in zip(left, options, strict=True):
            if slug not in taken:
                each["slug"] = slug
                taken.add(slug)
                given.add(slug)
        left = [each for each in left if not each["slug"]]


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
    found = dict(_asked(_CATEGORY_IDS, values))
    if len(found) < len(by_slug):
        with connection.cursor() as cursor:
            cursor.execute(_CATEGORIES, values)
        found = dict(_asked(_CATEGORY_IDS, values))
    return found


def _count(rows: Iterable[Row], ids: Mapping[str, UUID]) -> None:
    """Set what is on hand where the rows say it, with a ledger entry for each change."""
    counted = {ids[row.sku]: row.on_hand for row in rows if row.on_hand is not None}
    if not counted:
        return
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"ids": list(counted), "on_hand": list(counted.values())})
