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
_WORDS_LOOKED_UP = f"SELECT * FROM ({_LOOKED_UP.format(chosen=_MATCHES)}) AS product WHERE {{chosen}} OFFSET 0"  # noqa: S608 (own texts)
_NEWEST = "SELECT * FROM {products} AS product ORDER BY created_at DESC, id DESC LIMIT %(ranked)s"
_WALKED_TO = _NEWEST.format(products="(SELECT * FROM product WHERE {chosen})")

# Four weeks by four weeks from the newest on, until there are enough.
_PERIODS = """
WITH RECURSIVE period AS (
    SELECT product_period(max(created_at)) AS number FROM product
     UNION ALL
    SELECT (SELECT product_period(max(created_at)) FROM product WHERE created_at < product_period_begins(number))
      FROM period WHERE number IS NOT NULL)"""
_OF_EACH = f"CROSS JOIN LATERAL ({_NEWEST.format(products=f'({_LOOKED_UP})')}) AS matching"
_BY_PERIOD = f"{_PERIODS} SELECT matching.* FROM period {_OF_EACH} LIMIT %(ranked)s"  # noqa: S608 (own texts)

# Of words that hardly ever meet the index would look for a meeting beyond each period, each time again: a phrase that
# the sample has not is tried in the newest periods: when they have next to none, all older ones are looked up at once.
_TRIED = f"""{_PERIODS},
tried AS MATERIALIZED (SELECT number FROM period LIMIT {searches.TRIED}),
near AS MATERIALIZED (SELECT matching.* FROM tried AS period {_OF_EACH}),
far AS (SELECT * FROM product WHERE {{always}} OFFSET 0)
SELECT * FROM near
 UNION ALL
SELECT matching.* FROM (SELECT number FROM period OFFSET {searches.TRIED}) AS period {_OF_EACH}
 WHERE (SELECT count(*) FROM near) >= {searches.SOME}
 UNION ALL
(SELECT * FROM far
  WHERE (SELECT count(*) FROM near) < {searches.SOME}
    AND created_at < product_period_begins((SELECT min(number) FROM tried))
  ORDER BY created_at DESC, id DESC LIMIT %(ranked)s)
 LIMIT %(ranked)s
"""  # noqa: S608 (own texts)

# The index of words knows their places in each; that of categories is by time.
_OF_PERIOD = "product_period(created_at) = number"
_DURING_PERIOD = "created_at >= product_period_begins(number) AND created_at < product_period_begins(number + 1)"


def matching(search: Search, *, conditions: Sequence[str], categories: int) -> str:
    """Return a SELECT of all products that match.

    Args:
        search: what is looked for.
        conditions: what else the list asks of a product.
        categories: how many it may be in, when they are among these.
    """
    if search.sampled < searches.FEW:
        return _looked_up(search, conditions, categories)
    return f"SELECT * FROM product WHERE {_all(*conditions, _MATCHES)}"  # noqa: S608 (own texts)


def newest(search: Search, *, conditions: Sequence[str], categories: int) -> str:
    """Return a SELECT of the newest products that match, with their `rank`; as many as `%(ranked)s` says.

    Args:
        search: what is looked for.
        conditions: what else the list asks of a product.
        categories: how many it may be in, when they are among these.
    """
    if searches.frequent(search.found, categories):
        found = _BY_PERIOD.format(chosen=_all(*conditions, _MATCHES_UNINDEXED, _DURING_PERIOD))
    elif search.sampled >= searches.COMMON:
        found = _WALKED_TO.format(chosen=_all(*conditions, _MATCHES_UNINDEXED))
    elif (search.sampled or search.phrase) and not categories:
        always = _all(*conditions, _MATCHES)
        found = (_BY_PERIOD if search.sampled else _TRIED).format(always=always, chosen=_all(always, _OF_PERIOD))
    else:
        found = _NEWEST.format(products=f"({_looked_up(search, conditions, categories)})")
    return f"SELECT *, {search.rank} AS rank FROM ({found}) AS product"  # noqa: S608 (own texts)


def _looked_up(search: Search, conditions: Sequence[str], categories: int) -> str:
    """Return a SELECT of all that match by the index of words, which it reads once for each category."""
    if categories > searches.MANY and search.found < searches.COMMON:
        return _WORDS_LOOKED_UP.format(chosen=_all(*conditions))
    return _LOOKED_UP.format(chosen=_all(*conditions, _MATCHES))


def _all(*conditions: str) -> str:
    """Return the condition that all of these hold."""
    return " AND ".join(conditions)
