"""The tree of categories as staff writes it."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from catalog import selectors
from catalog.domain import slugs
from catalog.models import Category
from shared.db.locks import lock_id
from shared.db.models import uuid7
from shared.errors import BusinessRuleBroken, Check, Conflict, InvalidInput, NotFound
from shared.http.ready import generation


class CategorySlugTaken(Conflict):
    """Another category has this slug."""

    code = "slug_taken"
    message = "slug: Another category has this slug."


class CategoryCycle(BusinessRuleBroken):
    """A category cannot be below itself."""

    code = "category_cycle"
    message = "A category cannot be placed below itself."


class CategoryNotEmpty(Conflict):
    """There are products or categories in it."""

    code = "category_not_empty"
    message = "The category still has products or categories in it."


@transaction.atomic
def category_create(*, name: str, slug: str | None = None, parent: str | None = None) -> dict[str, Any]:
    """Create a category and return it.

    Args:
        name: what it is called.
        slug: its name in addresses; made from the name when absent.
        parent: slug of the category above it.

    Raises:
        CategorySlugTaken: another category has the slug.
        InvalidInput: there is no such parent.
    """
    _lock_tree()
    category_id = uuid7()
    options = [slug] if slug else slugs.candidates(name, category_id.hex[-12:])
    taken = set(Category.objects.filter(slug__in=options).values_list("slug", flat=True))
    if set(options) <= taken:
        raise CategorySlugTaken(details={"slug": ["Another category has this slug."]})
    chosen = slugs.choose(options, taken)
    Category.objects.create(id=category_id, name=name, slug=chosen, parent=_category(parent))
    generation.renew()
    return selectors.category_get(slug=chosen)


@transaction.atomic
def category_update(*, slug: str, changes: Mapping[str, Any], check: Check | None = None) -> dict[str, Any]:
    """Change a category's name, slug or parent and return it.

    Args:
        slug: the category.
        changes: field -> new value.
        check: called with the present row under its lock; refuses by raising.

    Raises:
        NotFound: there is no such category.
        CategorySlugTaken: another category has the new slug.
        CategoryCycle: the new parent is the category itself or below it.
        InvalidInput: there is no such parent.
    """
    _lock_tree()
    category = _existing(slug)
    if check is not None:
        check(selectors.category_get(slug=slug))
    values = {**changes, "updated_at": timezone.now()}
    if "parent" in changes:
        values["parent"] = _category(changes["parent"])
        _refuse_cycle(category, values["parent"])
    if values.get("slug", slug) != slug and Category.objects.filter(slug=values["slug"]).exists():
        raise CategorySlugTaken(details={"slug": ["Another category has this slug."]})
    Category.objects.filter(id=category.id).update(**values)
    generation.renew()
    return selectors.category_get(slug=values.get("slug", slug))


@transaction.atomic
def category_delete(*, slug: str, check: Check | None = None) -> None:
    """Delete an empty category.

    Args:
        slug: the category.
        check: as for `category_update`.

    Raises:
        NotFound: there is no such category.
        CategoryNotEmpty: products or categories are in it.
    """
    _lock_tree()
    category = _existing(slug)
    if check is not None:
        check(selectors.category_get(slug=slug))
    try:
        category.delete()
    except ProtectedError as error:
        raise CategoryNotEmpty from error
    generation.renew()


def _lock_tree() -> None:
    """Let one transaction at a time change the tree; two moves at once could make a cycle that neither sees."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_id("category tree")])


def _existing(slug: str) -> Category:
    """Return a category, locked against new products in it."""
    found = Category.objects.select_for_update().filter(slug=slug).first()
    if found is None:
        raise NotFound("There is no such category.")
    return found


def _category(slug: str | None) -> Category | None:
    """Return the category with a slug, None for None; raises InvalidInput."""
    if slug is None:
        return None
    found = Category.objects.filter(slug=slug).first()
    if found is None:
        raise InvalidInput.of({"parent": ["There is no category with this slug."]})
    return found


def _refuse_cycle(category: Category, parent: Category | None) -> None:
    """Walk up from the new parent; raises CategoryCycle on meeting the category."""
    while parent is not None:
        if parent.id == category.id:
            raise CategoryCycle
        parent = parent.parent
