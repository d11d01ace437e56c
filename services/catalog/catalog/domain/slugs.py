"""Slugs: short names of products and categories in addresses."""

import re
import unicodedata

LONGEST = 220

# Words that are addresses of their own below /products/.
RESERVED = frozenset({"import", "export"})

PATTERN = r"^[a-z0-9]+(?:-[a-z0-9]+)*\Z"

_OTHER = re.compile(r"[^a-z0-9]+")


def slugify(text: str) -> str:
    """Return the text as lower-case ASCII words joined by hyphens; empty when nothing of it is left."""
    ascii_text = text if text.isascii() else _folded(text)
    return _OTHER.sub("-", ascii_text.lower()).strip("-")[:LONGEST].strip("-")


def _folded(text: str) -> str:
    """Return the text with letters for accented letters, and without what has no ASCII form."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def candidate(name: str, *parts: str) -> str:
    """Return the slug of a name and what sets the thing apart; empty when nothing is left, or it is reserved."""
    tail = slugify("-".join(parts)) if parts else ""
    head = slugify(name)[: LONGEST - len(tail) - 1].strip("-")
    slug = "-".join(part for part in (head, tail) if part)
    return "" if slug in RESERVED else slug


def candidates(name: str, *parts: str) -> list[str]:
    """Return slugs to try in turn: the name alone, then with more and more of the distinguishing parts.

    Args:
        name: what the slug should say.
        parts: what sets this thing apart, the last of them unique.
    """
    tried = (candidate(name, *parts[:count]) for count in range(len(parts) + 1))
    return [slug for slug in tried if slug]


def choose(options: list[str], taken: set[str]) -> str:
    """Return the first option that is not taken, and take it."""
    slug = next(option for option in options if option not in taken)
    taken.add(slug)
    return slug
