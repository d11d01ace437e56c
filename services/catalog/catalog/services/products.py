"""Products as staff writes them: created, changed, taken off sale."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn

from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog import selectors
from catalog.domain import slugs
from catalog.models import Category, Product
from shared.db.models import uuid7
from shared.errors import Check, Conflict, InvalidInput, NotFound
from shared.http.ready import generation


class SkuTaken(Conflict):
    """Another product has this sku."""

    code = "sku_taken"
    message = "sku: Another product has this sku."


class SlugTaken(Conflict):
    """Another product has this slug."""

    code = "slug_taken"
    message = "slug: Another product has this slug."


_SLUG = "product_slug_once"
_TAKEN: dict[str | None, type[Conflict]] = {"product_sku_once": SkuTaken, _SLUG: SlugTaken}


@transaction.atomic
def product_create(*, sku: str, name: str, slug: str | None = None, **values: Any) -> dict[str, Any]:
    """Create a product and return it.

    Args:
        sku: the unique stock-keeping unit.
        name: what it is called.
        slug: its name in addresses; made from the name, and from the sku too if that is taken, when absent.
        values: `price`, and if wanted `description`, `category` (a slug or None), `is_active`.

    Raises:
        SkuTaken: another product has the sku.
        SlugTaken: another product has the slug that was asked for.
        InvalidInput: there is no such category.
    """
    product_id = uuid7()
    values = _columns({"sku": sku, "name": name, **values})
    options = [slug] if slug else slugs.candidates(name, sku, product_id.hex[-12:])
    _insert(options, {**values, "id": product_id})
    generation.renew()
    return selectors.product_get(key=str(product_id), include_inactive=True)


@transaction.atomic
def product_update(*, key: str, changes: Mapping[str, Any], check: Check | None = None) -> dict[str, Any]:
    """Change some of a product's fields and return it.

    Args:
        key: its id or slug.
        changes: field -> new value, as for `product_create`.
        check: called with the present row under its lock; refuses by raising.

    Raises:
        NotFound: there is no such product.
        SkuTaken: another product has the sku.
        SlugTaken: another product has the slug.
        InvalidInput: there is no such category.
    """
    product = Product.objects.select_for_update(no_key=True).filter(selectors.by_key(key)).first()
    if product is None:
        raise NotFound("There is no such product.")
    if check is not None:
        check(selectors.product_get(key=str(product.id), include_inactive=True))
    values = {**_columns(changes), "updated_at": timezone.now()}
    fault = _written(lambda: Product.objects.filter(id=product.id).update(**values))
    if fault is not None:
        _refuse(fault)
    generation.renew()
    return selectors.product_get(key=str(product.id), include_inactive=True)


def product_deactivate(*, key: str, check: Check | None = None) -> None:
    """Take a product off sale; what is held of it for orders stays held.

    Args:
        key: its id or slug.
        check: as for `product_update`.

    Raises:
        NotFound: there is no such product.
    """
    product_update(key=key, changes={"is_active": False}, check=check)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as columns: a category by its id. The category cannot go away before the commit."""
    if values.get("category") is None:
        return dict(values)
    category = Category.objects.select_for_update(no_key=True).filter(slug=values["category"]).first()
    if category is None:
        raise InvalidInput.of({"category": ["There is no category with this slug."]})
    return {**values, "category": category}


def _insert(options: list[str], values: Mapping[str, Any]) -> None:
    """Create the product under the first free slug, as the database decides; raises the last refusal."""
    fault = None
    for slug in options:
        fault = _written(partial(Product.objects.create, slug=slug, **values))
        if fault is None or _constraint(fault) != _SLUG:
            break
    if fault is not None:
        _refuse(fault)


def _written(write: Callable[[], Any]) -> IntegrityError | None:
    """Write in a savepoint; returns the broken rule instead of raising it."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        return error
    return None


def _constraint(fault: IntegrityError) -> str | None:
    """Return the name of the broken constraint."""
    return getattr(getattr(fault.__cause__, "diag", None), "constraint_name", None)


def _refuse(fault: IntegrityError) -> NoReturn:
    """Raise the fact behind a broken unique constraint; anything else is a defect."""
    kind = _TAKEN.get(_constraint(fault))
    if kind is None:
        raise fault
    field, _, text = kind.message.partition(": ")
    raise kind(details={field: [text]}) from fault
