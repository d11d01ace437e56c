"""One-click orders."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from orders import services
from orders.api import inputs, outputs
from orders.api.waiting import PlacingView
from shared.http.idempotency import idempotent
from shared.http.operations import operation


class Purchase(PlacingView):
    """One-click orders of one product."""

    @operation(
        takes=inputs.Purchase,
        gives=outputs.Order,
        status=202,
        also=(201,),
        refusals=(services.PendingOrderExists,),
        headers=("Prefer",),
        keyed=True,
    )
    def post(self, request: Request, product_id: UUID) -> HttpResponse:
        """Order so many of the product."""
        first = self._purchase(request, product_id)
        return self.outcome(request, first, check=services.purchase_check)

    @idempotent()
    def _purchase(self, request: Request, product_id: UUID) -> HttpResponse:
        """Order it once."""
        del request
        quantity = self.body()["quantity"]
        order = services.product_purchase(
            user_id=self.principal.id, product_id=product_id, quantity=quantity, now=timezone.now()
        )
        return self.accepted(order)
