"""Products and their stock."""

from django.http import HttpResponse
from rest_framework.request import Request

from catalog import selectors, services
from catalog.api import serializers
from shared.auth.permissions import IsStaff, IsStaffOrReadOnly
from shared.auth.principal import Principal
from shared.http.idempotency import idempotent
from shared.http.operations import operation
from shared.http.ready.keeping import kept
from shared.http.views import ApiView

# Staff's changes show at once (record 13); stock that orders move does so after this long, if not sooner.
_SECONDS = 1.0


def _is_staff(request: Request) -> bool:
    """Return whether staff is asking, who also sees what is not sold any more."""
    return isinstance(request.user, Principal) and request.user.is_staff


class ProductList(ApiView):
    """All products, and new ones."""

    permission_classes = [IsStaffOrReadOnly]
    query_params = selectors.PRODUCT_PARAMETERS
    paginated = True

    @kept(seconds=_SECONDS)
    @operation(gives=serializers.ProductOutput)
    def get(self, request: Request) -> HttpResponse:
        """Return the products that match, page by page."""
        found, order = selectors.product_list(params=self.filters(), include_inactive=_is_staff(request))
        return self.page(found, order=order)

    @idempotent()
    @operation(takes=serializers.ProductInput, gives=serializers.ProductOutput, status=201)
    def post(self, request: Request) -> HttpResponse:
        """Create a product."""
        del request
        created = services.product_create(**self.body())
        location = f"/api/{self.dialect.name}/products/{created['id']}/"
        return self.reply(created, headers={"Location": location})


class ProductDetail(ApiView):
    """One product, by id or slug."""

    permission_classes = [IsStaffOrReadOnly]

    @kept(seconds=_SECONDS)
    @operation(gives=serializers.ProductOutput)
    def get(self, request: Request, key: str) -> HttpResponse:
        """Return the product."""
        found = selectors.product_get(key=key, include_inactive=_is_staff(request))
        return self.reply(found)

    @idempotent()
    @operation(takes=serializers.ProductReplacement, gives=serializers.ProductOutput, guarded=True)
    def put(self, request: Request, key: str) -> HttpResponse:
        """Replace the product's fields."""
        del request
        return self.reply(services.product_update(key=key, changes=self.body(), check=self.precondition()))

    @idempotent()
    @operation(takes=serializers.ProductInput, gives=serializers.ProductOutput, guarded=True)
    def patch(self, request: Request, key: str) -> HttpResponse:
        """Change some of the product's fields."""
        del request
        return self.reply(services.product_update(key=key, changes=self.body(), check=self.precondition()))

    @idempotent()
    @operation(gives=serializers.ProductOutput, status=204, guarded=True)
    def delete(self, request: Request, key: str) -> HttpResponse:
        """Take the product off sale."""
        del request
        services.product_deactivate(key=key, check=self.precondition())
        return self.no_content()


class ProductStock(ApiView):
    """How much of a product there is."""

    permission_classes = [IsStaff]

    @idempotent()
    @operation(takes=serializers.StockInput, gives=serializers.ProductOutput, refusals=(services.StockBelowReserved,))
    def patch(self, request: Request, key: str) -> HttpResponse:
        """Set the stock, or change it by a difference."""
        del request
        return self.reply(services.stock_set(key=key, **self.body()))
