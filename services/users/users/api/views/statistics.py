"""Counts for staff."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from shared.auth.permissions import IsStaff
from shared.http.operations import operation
from shared.http.views import ApiView
from users.api import outputs
from users.selectors import statistics


class Statistics(ApiView):
    """How many accounts there are, by state."""

    permission_classes = [IsStaff]

    @operation(gives=outputs.Statistics)
    def get(self, request: Request) -> HttpResponse:
        """Count them."""
        del request
        return self.reply(statistics.accounts(now=timezone.now()))
