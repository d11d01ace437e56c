"""Full-text search: what a text means to it, and when it finds nothing, what may have been meant (record 12)."""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection, transaction
from django.db.models import BigIntegerField, F, FloatField, Func, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Round

from catalog.domain import searches

# Of the letters a word is made of, as its trigrams tell, so much must be in a known word.
_ALIKE_ENOUGH = 0.45

# Weights of D, C (description), B, A (name, sku); 1: the longer the text, the less a word in it counts.
_WEIGHTS = [0.05, 0.1, 0.4, 1.0]
_BY_LENGTH = 1

# Whole numbers compare exactly, also when they come back in a cursor.
_STEPS = 1_000_000

# A common word is in one of the newest products; for others the index is asked, which reads all places of a word.
_MEANING = r"""
SELECT meant::text,
       CASE WHEN EXISTS (SELECT
                           FROM (SELECT document, is_active FROM product
                                  ORDER BY created_at DESC, id DESC LIMIT 500) AS recent
                          WHERE document @@ meant AND (is_active OR %s)) THEN true
            ELSE product_is_found(meant, %s) END,
       plaza_spelt(%s),
       websearch_to_tsquery('plaza', translate(%s, '/\', '  '))::text
  FROM websearch_to_tsquery('plaza', translate(%s, '/\', '  ')) AS meant
"""

# For each word up to five known ones like it: those one slip away first, then by the trigrams they share.
_ALIKE = """
SELECT string_agg('(' || meant || ')', ' & ')
  FROM (SELECT string_agg(plainto_tsquery('plaza', alike.word)::text, ' | ' ORDER BY alike.word) AS meant
          FROM unnest(%(words)s::text[]) AS asked (word)
         CROSS JOIN LATERAL (
            SELECT word
              FROM (SELECT known.word, 1 AS score
                      FROM unnest(%(slips)s::text[], %(slipped)s::text[]) AS slip (word, asked)
                      JOIN product_word known ON known.word = slip.word
                     WHERE slip.asked = asked.word
                     UNION ALL
                    SELECT known.word, similarity(known.word, asked.word)
                      FROM product_word known
                     WHERE known.word %%> asked.word) AS scored
             GROUP BY word
             ORDER BY max(score) DESC, max(similarity(word, asked.word)) DESC, word
             LIMIT 5) AS alike
         GROUP BY asked.word) AS each
"""


class Meaning(SearchQuery):
    """A tsquery that is ready, with nothing left to parse."""

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> tuple[str, Any]:
        """Return the text as a tsquery."""
        del connection
        sql, params = compiler.compile(self.get_source_expressions()[0])
        return f"{sql}::tsquery", params


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a search looks for, how well a product fits, and whether words must stand beside each other."""

    query: Meaning
    rank: Combinable
    phrase: bool = False


def understand(*, text: str, include_inactive: bool) -> Search | None:
    """Return what a text looks for; when no product has its words, those of similar spelling; None when nothing is.

    Args:
        text: as it was typed.
        include_inactive: whether a product that is not sold any more counts as found.
    """
    typed = searches.wanted_words(text)
    with connection.cursor() as cursor:
        cursor.execute(_MEANING, [include_inactive, include_inactive, typed, searches.excluded_words(text), text])
        meant, found, words, excluded = cursor.fetchone()
    if found:
        query = Meaning(meant)
        score: Combinable = SearchRank(
            F("document"), query, weights=_WEIGHTS, normalization=_BY_LENGTH, cover_density=True
        )
        return Search(query=query, rank=_whole(score), phrase="<" in meant)
    alike = _alike([word for word in words if searches.guessable(word)])
    if alike is None:
        return None
    folded = (Func(each, function="plaza_folded") for each in (Value(typed), F("name")))
    return Search(
        query=Meaning(f"({alike}) & !({excluded})" if excluded else alike),
        rank=_whole(Func(*folded, function="word_similarity", output_field=FloatField())),
    )


def _alike(words: list[str]) -> str | None:
    """Return a query for the known words that are spelt like the given ones; None when no word is like any."""
    pairs = [(slip, word) for word in words for slip in searches.slips(word)]
    values = {"words": words, "slips": [slip for slip, _ in pairs], "slipped": [word for _, word in pairs]}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(_ALIKE_ENOUGH)])
        cursor.execute(_ALIKE, values)
        found: str | None = cursor.fetchone()[0]
    return found


def _whole(score: Combinable) -> Combinable:
    """Return a score as a whole number of millionths."""
    return Cast(Round(score * Value(float(_STEPS))), BigIntegerField())
