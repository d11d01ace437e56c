"""Where the products come from that a search matches: SQL to read them from, by how many there seem to be (record 12).

The planner takes words for independent and a phrase for as common as its words together. Left alone, it walks through
an order for ever to find few, or looks up a hundred thousand to show twenty. So what was sampled decides.
"""

from collections.abc import Sequence

from catalog.domain import searches
from catalog.selectors.searches import Search

_MATCHES = "document @@ %(meant)s::tsquery"
_MATCHES_UNINDEXED = "ts_match_vq(document, %(meant)s::tsquery)"

# OFFSET 0 keeps what is outside, an order or a limit, from being planned together with the inside.
_LOOKED_UP = "SELECT * FROM product WHERE {chosen} OFFSET 0"
_NEWEST = "SELECT * FROM {products} AS product ORDER BY created_at DESC, id DESC LIMIT %(ranked)s"
_WALKED_TO = _NEWEST.format(products="(SELECT * FROM product WHERE {chosen})")

# Four weeks by four weeks from the newest on, until there are enough: the index knows a word's places in each. Of words
# that hardly ever meet it would look for a meeting beyond these weeks, each time again.
_BY_PERIOD = f"""
SELECT matching.*
  FROM (WITH RECURSIVE period AS (
            SELECT product_period(max(created_at)) AS number FROM product
             UNION ALL
            SELECT (SELECT product_period(max(created_at)) FROM product
                     WHERE created_at < product_period_begins(number))
              FROM period WHERE number IS NOT NULL)
        SELECT number FROM period) AS period
 CROSS JOIN LATERAL (
    {_NEWEST.format(products="(SELECT * FROM product WHERE {chosen} AND product_period(created_at) = number OFFSET 0)")}
 ) AS matching
 LIMIT %(ranked)s
"""  # noqa: S608 (own texts)


def matching(search: Search, *, conditions: Sequence[str]) -> str:
    """Return a SELECT of all products that match.

    Args:
        search: what is looked for.
        conditions: what else the list asks of a product.
    """
    chosen = " AND ".join((*conditions, _MATCHES))
    if search.sampled < searches.FEW:
        return _LOOKED_UP.format(chosen=chosen)
    return f"SELECT * FROM product WHERE {chosen}"  # noqa: S608 (own texts)


def newest(search: Search, *, conditions: Sequence[str], in_category: bool) -> str:
    """Return a SELECT of the newest products that match, with their `rank`; as many as `%(ranked)s` says.

    Args:
        search: what is looked for.
        conditions: what else the list asks of a product.
        in_category: whether a category is among these, for which the index has a word's places as well.
    """
    if search.sampled >= searches.COMMON:
        found = _WALKED_TO.format(chosen=" AND ".join((*conditions, _MATCHES_UNINDEXED)))
    else:
        chosen = " AND ".join((*conditions, _MATCHES))
        by_period = search.sampled and not in_category
        found = _BY_PERIOD if by_period else _NEWEST.format(products=f"({_LOOKED_UP})")
        found = found.format(chosen=chosen)
    return f"SELECT *, {search.rank} AS rank FROM ({found}) AS product"  # noqa: S608 (own texts)
