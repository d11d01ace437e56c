"""What is given before Django is asked: the paths that everybody reads, and what is even made there (record 13)."""

from catalog import selectors
from catalog.api.serializers import ProductOutput
from shared.http.asked import Asked
from shared.http.ready.making import Make
from shared.http.renderers import dumps

# What the views behind these keep, they say themselves.
PATHS = r"/api/v[12]/(products|categories)(/[!-.0-~]+)?/?\Z"


def _product(asked: Asked, *, key: str) -> bytes:
    """Return the body of a product as everybody sees it; raises NotFound and InvalidInput."""
    asked.refuse_unknown(())
    return dumps(asked.dialect.one(ProductOutput.of(selectors.product_get(key=key, include_inactive=False))))


def _products(asked: Asked) -> bytes:
    """Return the body of a page of products as everybody sees it; raises InvalidInput and NoSuchPage."""
    asked.refuse_unknown({*selectors.PRODUCT_PARAMETERS, *asked.paging})
    found, order = selectors.product_list(params=asked.filters(), include_inactive=False)
    return asked.page(found, order=order, row=ProductOutput.of)


MADE: dict[str, Make] = {
    r"/api/(?P<version>v[12])/products/?\Z": _products,
    r"/api/(?P<version>v[12])/products/(?P<key>[a-z0-9-]+)/?\Z": _product,
}
