"""What somebody types into the search: words, "phrases", -exclusions and `or` (the syntax of websearch_to_tsquery)."""

import re
from string import ascii_lowercase

RANKED = 300  # matches that are ranked, the newest; a word that more products have says little about any of them
RANKED_PHRASE = 100  # of a phrase, of which the index knows the words only: for each match it reads ten without it
SAMPLED = 3000  # the newest products, in which a search is tried out first
COMMON = 30  # matches among them, from which on it costs less to walk back in time to the newest than to look them up
FEW = 8  # matches among them, below which it costs less to look all up than to walk in another order to the first
MANY = 16  # categories; to look a phrase up in each of more of them costs more than to look it up once, everywhere
TRIED = 2  # periods, the newest, in which a phrase is tried that the newest products do not have
SOME = 5  # matches in them, below which it costs less to look up all older ones at once than period by period

# Matches among the sampled, squared, times categories: from there on walking through these categories costs less.
_EVEN = 250_000

_PART = re.compile(r'(-?)"([^"]*)"?|(\S+)')

_LONGEST_SLIP = 10  # letters; of longer words the trigrams tell enough
_SHORTEST_WORD = 3  # letters; anything is one slip away from a shorter one


def wanted_words(text: str) -> str:
    """Return the words that are asked for, without operators and without what is excluded.

    Args:
        text: as it was typed.
    """
    parts = (phrase or word for minus, phrase, word in _PART.findall(text) if not minus and word.lower() != "or")
    return " ".join(part for part in parts if part and not part.startswith("-"))


def excluded_words(text: str) -> str:
    """Return what is excluded, as a search for any of it.

    Args:
        text: as it was typed.
    """
    found = _PART.findall(text)
    parts = [phrase if minus else word[1:] for minus, phrase, word in found if minus or word.startswith("-")]
    return " or ".join(f'"{part}"' for part in parts if part)


def ranked(text: str) -> int:
    """Return how many matches of a text are ranked, the newest.

    Args:
        text: as it was typed.
    """
    return RANKED_PHRASE if '"' in text else RANKED


def frequent(found: int, categories: int) -> bool:
    """Return whether walking back in time through categories to the newest matches costs less than looking all up.

    The rarer a match, the further the walk. Looking up reads all places of the words, for each category anew. Both
    were measured to be even where 1, 7 or 57 categories and 500, 190 or 66 matches meet.

    Args:
        found: matches among the sampled products, whatever their category.
        categories: how many the list is narrowed to; 0 when it is not.
    """
    return categories * found**2 >= _EVEN


def guessable(word: str) -> bool:
    """Return whether a word may be taken for another: a mistyped number is another number."""
    return len(word) >= _SHORTEST_WORD and not any(letter.isdigit() for letter in word)


def slips(word: str) -> set[str]:
    """Return what the word may have been before one slip: a letter too many, too few, wrong, or two swapped.

    Args:
        word: in lower case; a long one has none.

    Source: F. Damerau, "A technique for computer detection and correction of spelling errors", CACM 7 (1964).
    """
    if len(word) > _LONGEST_SLIP:
        return set()
    parts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    found = {head + tail[1] + tail[0] + tail[2:] for head, tail in parts if len(tail) > 1}
    found |= {head + tail[1:] for head, tail in parts if tail}
    found |= {head + letter + tail for head, tail in parts for letter in ascii_lowercase}
    found |= {head + letter + tail[1:] for head, tail in parts if tail for letter in ascii_lowercase}
    return found - {word}
