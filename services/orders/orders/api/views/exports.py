"""All orders in one file, for staff."""

from django.http import StreamingHttpResponse
from rest_framework.request import Request

from orders.selectors import exports, reading
from shared.auth.permissions import IsStaff
from shared.http.operations import operation
from shared.http.renderers import CSVRenderer, JSONRenderer
from shared.http.views import ApiView


class OrdersExport(ApiView):
    """The list of orders as CSV."""

    permission_classes = [IsStaff]
    renderer_classes = [CSVRenderer, JSONRenderer]
    query_params = reading.ORDER_PARAMETERS

    @operation(media_type="text/csv")
    def get(self, request: Request) -> StreamingHttpResponse:
        """Stream the orders that the list's filters choose."""
        del request
        pieces = exports.order_table(principal=self.principal, params=self.filters().dict())
        return self.download(pieces, filename="orders.csv")
