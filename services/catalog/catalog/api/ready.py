"""What is given before Django is asked: the paths that everybody reads, and what is even made there (record 13)."""

from catalog import selectors
from catalog.api.serializers import ProductOutput
from shared.http.dialects import V2
from shared.http.renderers import dumps

# What the views behind these keep, they say themselves.
PATHS = r"/api/v[12]/(products|categories)(/[!-.0-~]+)?/?\Z"


def _product(dialect: V2, *, key: str) -> bytes:
    """Return the body of a product as everybody sees it; raises NotFound."""
    return dumps(dialect.one(ProductOutput.of(selectors.product_get(key=key, include_inactive=False))))


MADE = {r"/api/(?P<version>v[12])/products/(?P<key>[a-z0-9-]+)/?\Z": _product}
