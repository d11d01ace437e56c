"""Reading products: one, and lists."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Q

from catalog import filters
from catalog.domain import searches, slugs
from catalog.models import Product
from catalog.selectors import categories, matches
from catalog.selectors.searches import Search, understand
from shared.db import prepared
from shared.db.lists import Listing
from shared.errors import NotFound

PRODUCT_PARAMETERS = filters.ProductFilter.schemas()

_SLUG = re.compile(slugs.PATTERN)

# The reads that everything else of a shop begins with are said in SQL (record 18).
_OWN = ("id", "sku", "name", "slug", "description", "price", "on_hand", "reserved", "is_active")
_COLUMNS = {name: f"product.{name}" for name in (*_OWN, "created_at", "updated_at")} | {
    "category__slug": "category.slug",
    "category__name": "category.name",
}
_CATEGORY = "LEFT JOIN category ON category.id = product.category_id"
_ONE = f"""
SELECT {", ".join(f'{column} AS "{name}"' for name, column in _COLUMNS.items())}
  FROM product {_CATEGORY}
 WHERE (product.slug = %(slug)s OR product.id = %(id)s) AND (product.is_active OR %(all)s)
 ORDER BY product.id LIMIT 1
"""  # noqa: S608 (the names above)

_CONDITIONS = {
    "category": "product.category_id = ANY(%(category)s)",
    "min_price": "product.price >= %(min_price)s",
    "max_price": "product.price <= %(max_price)s",
    "created_after": "product.created_at > %(created_after)s",
}
_ONE_CATEGORY = "product.category_id = (%(category)s)[1]"  # in whose order an index can be read, unlike in ANY's
_IN_STOCK = {"true": "NOT product.sold_out", "false": "product.sold_out"}


def by_key(key: str) -> Q:
    """Return the condition for the product with this id or slug; raises NotFound for a text that is neither."""
    product_id = _id_in(key)
    return Q(slug=key) if product_id is None else Q(id=product_id) | Q(slug=key)


def _id_in(key: str) -> UUID | None:
    """Return the id that a key is, or None for a slug; raises NotFound for a text that is neither."""
    if not _SLUG.match(key):
        raise NotFound("There is no such product.")
    try:
        return UUID(key)
    except ValueError:
        return None


def product_get(*, key: str, include_inactive: bool) -> dict[str, Any]:
    """Return one product.

    Args:
        key: its id or slug.
        include_inactive: also when it is not sold any more.

    Raises:
        NotFound: there is no such product.
    """
    found = prepared.named(_ONE, {"slug": key, "id": _id_in(key), "all": include_inactive})
    if not found:
        raise NotFound("There is no such product.")
    return found[0]


def product_list(*, params: Mapping[str, Any], include_inactive: bool) -> tuple[Listing, tuple[str, ...]]:
    """Return the products that match, and the order they are wanted in.

    By relevance there are at most the newest 300 matches, of a phrase 100; any other order has them all.

    Args:
        params: the query's filters.
        include_inactive: also products that are not sold any more.

    Raises:
        InvalidInput: names each unknown or unparsable filter.
    """
    conditions, values = _narrowed(params, include_inactive=include_inactive)
    text = params.get("search")
    ordering = params.get("ordering") or (filters.RELEVANCE if text else filters.DEFAULT_ORDERING)
    order = filters.ORDERINGS[ordering]
    if not text:
        source = f"product {_CATEGORY}"
        return Listing(model=Product, columns=_COLUMNS, source=source, conditions=conditions, values=values), order
    search = understand(text=text, include_inactive=include_inactive, conditions=conditions, values=values)
    return _matching(search, conditions, values, ranked=ordering == filters.RELEVANCE), order


def _narrowed(params: Mapping[str, Any], *, include_inactive: bool) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the conditions that the filters make, and their values."""
    visible = () if include_inactive else ("product.is_active",)
    if not params:  # as most lists are asked for
        return visible, {}
    wanted = filters.ProductFilter.values_of(params)
    values = {name: wanted[name] for name in _CONDITIONS if wanted[name] not in {None, ""}}
    said = {name: _CONDITIONS[name] for name in values}
    if "category" in values:
        # Read first: only for ids that it knows can the planner tell a large branch from a small one.
        values["category"] = categories.branch_ids(slug=values["category"])
        if len(values["category"]) == 1:
            said["category"] = _ONE_CATEGORY
    stock = (_IN_STOCK[wanted["in_stock"]],) if wanted["in_stock"] else ()
    return (*visible, *said.values(), *stock), values


def _matching(search: Search, conditions: tuple[str, ...], values: dict[str, Any], *, ranked: bool) -> Listing:
    """Return what a search finds; ranked, the newest matches only: a bounded number, whatever word is asked for."""
    found = (matches.newest if ranked else matches.matching)(
        search, conditions=conditions, categories=len(values.get("category", ()))
    )
    return Listing(
        model=Product,
        columns=_COLUMNS | ({"rank": "product.rank"} if ranked else {}),
        source=f"({found}) AS product {_CATEGORY}",
        values={**values, **search.values},
        computed={"rank": BigIntegerField()},
        abundant=search.sampled >= searches.COMMON,
    )
