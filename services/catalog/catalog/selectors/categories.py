"""Reading categories."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from catalog.models import Category
from shared.db.rows import fetched
from shared.errors import NotFound

_FIELDS = ("id", "slug", "name", "parent__slug", "created_at", "updated_at")

_DESCENDANTS = """
WITH RECURSIVE branch AS (
    SELECT id FROM category WHERE slug = %(slug)s
    UNION
    SELECT child.id FROM category child JOIN branch ON child.parent_id = branch.id
)
SELECT id FROM branch
"""


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


def branch_ids(*, slug: str) -> list[UUID]:
    """Return the ids of a category and of all below it; none when there is no such category.

    Args:
        slug: its slug.
    """
    return [row["id"] for row in fetched(_DESCENDANTS, {"slug": slug})]
