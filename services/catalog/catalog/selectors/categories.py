"""Reading categories."""

from typing import Any

from django.db.models import QuerySet

from catalog.models import Category
from shared.errors import NotFound

_FIELDS = ("id", "slug", "name", "parent__slug", "created_at", "updated_at")


def category_list() -> QuerySet[Any, dict[str, Any]]:
    """Return all categories; each names its parent, which makes the tree."""
    rows: QuerySet[Any, dict[str, Any]] = Category.objects.values(*_FIELDS)
    return rows


def category_get(*, slug: str) -> dict[str, Any]:
    """Return one category.

    Args:
        slug: its slug.

    Raises:
        NotFound: there is no such category.
    """
    found = category_list().filter(slug=slug).first()
    if found is None:
        raise NotFound("There is no such category.")
    return found
