"""All products in one file, for staff."""

from django.http import StreamingHttpResponse
from rest_framework.request import Request

from catalog import selectors
from shared.auth.permissions import IsStaff
from shared.http.operations import operation
from shared.http.renderers import CSVRenderer, JSONRenderer
from shared.http.views import ApiView


class ProductExport(ApiView):
    """The list of products as CSV."""

    permission_classes = [IsStaff]
    renderer_classes = [CSVRenderer, JSONRenderer]
    query_params = selectors.PRODUCT_PARAMETERS

    @operation(media_type="text/csv")
    def get(self, request: Request) -> StreamingHttpResponse:
        """Stream the products that the list's filters choose."""
        del request
        return self.download(selectors.product_table(params=self.filters().dict()), filename="products.csv")
