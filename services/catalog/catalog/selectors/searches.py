"""Full-text search: what a text means to it, and when it finds nothing, what may have been meant (record 12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from catalog.domain import searches

# Of the letters a word is made of, as its trigrams tell, so much must be in a known word.
_ALIKE_ENOUGH = 0.45

# Whole numbers compare exactly, also when they come back in a cursor.
_WHOLE = "round({score} * 1000000)::bigint"
# Weights of D, C (description), B, A (name, sku); 1: the longer the text, the less a word in it counts.
_FITTING = _WHOLE.format(score="ts_rank_cd('{0.05,0.1,0.4,1.0}', product.document, %(meant)s::tsquery, 1)")
_SPELT = _WHOLE.format(score="word_similarity(plaza_folded(%(typed)s), plaza_folded(product.name))")

# Of the newest products, how many match, and how many of those also pass the list's filters.
_SAMPLE = """
SELECT count(*) AS found, count(*) FILTER (WHERE {narrowed}) AS wanted
  FROM (SELECT * FROM product ORDER BY created_at DESC, id DESC LIMIT %(sampled)s) AS product
 WHERE document @@ {meant} AND (is_active OR %(inactive)s)
"""

# A common word is in one of the newest products; for others the index is asked, which reads all places of a word.
_MEANING = r"""
SELECT meant::text,
       CASE WHEN sample.found > 0 THEN true
            ELSE product_is_found(meant, %(inactive)s, (SELECT product_period(max(created_at)) - 1 FROM product)) END,
       sample.found,
       sample.wanted,
       plaza_spelt(%(typed)s),
       websearch_to_tsquery('plaza', translate(%(excluded)s, '/\', '  '))::text
  FROM websearch_to_tsquery('plaza', translate(%(text)s, '/\', '  ')) AS meant
 CROSS JOIN LATERAL ({sample}) AS sample
"""

# For each word up to five known ones like it: those one slip away first, then by the trigrams they share.
_ALIKE = """
WITH corrected AS MATERIALIZED (
    SELECT string_agg('(' || meant || ')', ' & ') || %(unless)s AS meant
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
)
SELECT meant, sample.found, sample.wanted FROM corrected CROSS JOIN LATERAL ({sample}) AS sample WHERE meant IS NOT NULL
"""

_NOTHING = ""  # a query that no document matches


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a search looks for.

    Args:
        rank: SQL for how well a product fits.
        values: of its placeholders; `meant`, the query; `ranked`, how many matches are.
        found: of the newest products that were looked at, how many match.
        sampled: how many of these pass the list's filters as well.
    """

    rank: str
    values: Mapping[str, Any]
    found: int
    sampled: int

    @property
    def phrase(self) -> bool:
        """Whether words must stand side by side, of which the index knows nothing."""
        return " <" in self.values["meant"]


def understand(*, text: str, include_inactive: bool, conditions: Sequence[str], values: Mapping[str, Any]) -> Search:
    """Return what a text looks for; when no product has its words, those of similar spelling.

    Args:
        text: as it was typed.
        include_inactive: whether a product that is not sold any more counts as found.
        conditions: what else the list asks of a product.
        values: of their placeholders.
    """
    typed = searches.wanted_words(text)
    given = {**values, "inactive": include_inactive, "sampled": searches.SAMPLED}
    asked = {"text": text, "typed": typed, "excluded": searches.excluded_words(text)}
    narrowed = " AND ".join(conditions) or "true"
    with connection.cursor() as cursor:
        cursor.execute(_MEANING.format(sample=_SAMPLE.format(narrowed=narrowed, meant="meant")), {**given, **asked})
        meant, anything, found, sampled, words, excluded = cursor.fetchone()
    if anything:
        asked_for = {"meant": meant, "ranked": searches.ranked(text)}
        return Search(rank=_FITTING, values=asked_for, found=found, sampled=sampled)
    guessed = [word for word in words if searches.guessable(word)]
    alike, found, sampled = _alike(guessed, f" & !({excluded})" if excluded else "", narrowed, given)
    guess = {"meant": alike, "typed": typed, "ranked": searches.RANKED}
    return Search(rank=_SPELT, values=guess, found=found, sampled=sampled)


def _alike(words: Sequence[str], unless: str, narrowed: str, given: Mapping[str, Any]) -> tuple[str, int, int]:
    """Return a query for the known words that are spelt like the given ones, and what a sample has of it."""
    pairs = [(slip, word) for word in words for slip in searches.slips(word)]
    slips = {"words": list(words), "slips": [slip for slip, _ in pairs], "slipped": [word for _, word in pairs]}
    sample = _SAMPLE.format(narrowed=narrowed, meant="meant::tsquery")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(_ALIKE_ENOUGH)])
        cursor.execute(_ALIKE.format(sample=sample), {**given, **slips, "unless": unless})
        found: tuple[str, int, int] | None = cursor.fetchone()
    return found or (_NOTHING, 0, 0)
