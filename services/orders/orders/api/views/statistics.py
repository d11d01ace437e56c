"""What orders add up to, for staff."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from orders.api import outputs
from orders.selectors import statistics
from shared.auth.permissions import IsStaff
from shared.http.operations import operation
from shared.http.views import ApiView


class Statistics(ApiView):
    """Counts, revenue and the best customers."""

    permission_classes = [IsStaff]
    query_params = statistics.PERIOD_PARAMETERS

    @operation(gives=outputs.Statistics)
    def get(self, request: Request) -> HttpResponse:
        """Add up the orders; the revenue is that of the last 30 days, or of the given period of at most 366."""
        del request
        return self.reply(statistics.orders_statistics(params=self.filters().dict(), now=timezone.now()))
