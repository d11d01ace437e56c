"""Reading products: one, and lists."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from catalog import filters
from catalog.domain import searches, slugs
from catalog.models import Product
from catalog.selectors.searches import Search, understand
from shared.db.rows import fetched
from shared.errors import NotFound

PRODUCT_PARAMETERS = filters.ProductFilter.schemas()

_SLUG = re.compile(slugs.PATTERN)
_FIELDS = (
    "id",
    "sku",
    "name",
    "slug",
    "description",
    "price",
    "category__slug",
    "category__name",
    "on_hand",
    "reserved",
    "is_active",
    "created_at",
    "updated_at",
)

# The read that everything else of a shop begins with (record 18).
_ONE = """
SELECT product.id, sku, product.name, product.slug, description, price, category.slug AS category__slug,
       category.name AS category__name, on_hand, reserved, is_active, product.created_at, product.updated_at
  FROM product LEFT JOIN category ON category.id = category_id
 WHERE (product.slug = %(slug)s OR product.id = %(id)s) AND (is_active OR %(all)s)
 ORDER BY product.id LIMIT 1
"""


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
    found = fetched(_ONE, {"slug": key, "id": _id_in(key), "all": include_inactive})
    if not found:
        raise NotFound("There is no such product.")
    return found[0]


def product_list(
    *, params: Mapping[str, Any], include_inactive: bool
) -> tuple[QuerySet[Any, dict[str, Any]], tuple[str, ...]]:
    """Return the products that match, and the order they are wanted in.

    By relevance there are at most the newest 500 matches; any other order has them all.

    Args:
        params: the query's filters.
        include_inactive: also products that are not sold any more.

    Raises:
        InvalidInput: names each unknown or unparsable filter.
    """
    found = filters.ProductFilter.apply(params, _visible(include_inactive=include_inactive))
    text = params.get("search")
    ordering = params.get("ordering") or (filters.RELEVANCE if text else filters.DEFAULT_ORDERING)
    if text:
        search = understand(text=text, include_inactive=include_inactive)
        found = _matching(found, search, ranked=ordering == filters.RELEVANCE)
    return found, filters.ORDERINGS[ordering]


def _matching(found: QuerySet[Any, Any], search: Search | None, *, ranked: bool) -> QuerySet[Any, dict[str, Any]]:
    """Return what a search finds; ranked, the newest matches only: a bounded number, whatever word is asked for."""
    rows: QuerySet[Any, dict[str, Any]]
    if search is None:
        rows = found.none().annotate(rank=Value(0, output_field=BigIntegerField()))
        return rows
    found = found.filter(document=search.query)
    if not ranked:
        return found
    # The planner takes a phrase for as common as its words together and would walk back in time for ever; an order
    # that no index has makes it look the phrase up.
    moment = Coalesce("created_at", "created_at") if search.phrase else F("created_at")
    newest = found.order_by(moment.desc(), "-id").values("id")[: searches.RANKED]
    rows = Product.objects.filter(id__in=newest).annotate(rank=search.rank).values(*_FIELDS, "rank")
    return rows


def _visible(*, include_inactive: bool) -> QuerySet[Any, dict[str, Any]]:
    """Return products as rows with their category, in one query."""
    products = Product.objects.all() if include_inactive else Product.objects.filter(is_active=True)
    rows: QuerySet[Any, dict[str, Any]] = products.values(*_FIELDS)
    return rows
