"""Placing orders, reading them, cancelling them."""

from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from orders import domain, services
from orders.api import inputs, outputs
from orders.api.waiting import PlacingView
from orders.selectors import reading
from shared.http import prefer
from shared.http.idempotency import idempotent
from shared.http.operations import operation
from shared.http.views import ApiView


class Orders(PlacingView):
    """All orders one may see; a new order."""

    query_params = reading.ORDER_PARAMETERS
    paginated = True

    @operation(gives=outputs.Order)
    def get(self, request: Request) -> HttpResponse:
        """List orders, the latest first."""
        del request
        rows = reading.order_list(principal=self.principal, params=self.filters())
        return self.page(rows, order=("-placed_at", "-id"), complete=reading.with_items)

    @operation(
        takes=inputs.NewOrder,
        gives=outputs.Order,
        status=202,
        also=(201,),
        refusals=(services.PendingOrderExists,),
        headers=("Prefer",),
        keyed=True,
    )
    def post(self, request: Request) -> HttpResponse:
        """Place an order."""
        return self.outcome(request, self._place(request))

    @idempotent()
    def _place(self, request: Request) -> HttpResponse:
        """Place it once."""
        del request
        lines = self.body()["items"]
        return self.accepted(services.order_place(user_id=self.principal.id, lines=lines, now=timezone.now()))


class Order(ApiView):
    """One order."""

    @operation(gives=outputs.Order, headers=("Prefer",))
    def get(self, request: Request, order_id: UUID) -> HttpResponse:
        """Show an order; with `Prefer: wait=N`, an open one as soon as it changes."""
        order = reading.order_one(order_id=order_id, principal=self.principal)
        seconds = prefer.wait_seconds(request)
        if seconds is None or order["status"] in domain.FINAL:
            return self.reply(order)
        status = order["status"]
        waited = prefer.wait(
            f"order:{order_id}",
            lambda: reading.order_once_changed(order_id=order_id, status=status),
            seconds,
        )
        response = self.reply(waited.found or order)
        prefer.tell(response, waited, seconds)
        return response


class Cancellation(ApiView):
    """Cancelling an order."""

    @idempotent()
    @operation(takes=inputs.Nothing, gives=outputs.Order, refusals=(services.OrderNotCancellable,))
    def post(self, request: Request, order_id: UUID) -> HttpResponse:
        """Cancel it, and show what has become of it."""
        del request
        self.body()
        principal = self.principal
        services.order_cancel(order_id=order_id, actor=principal.id, is_staff=principal.is_staff)
        return self.reply(reading.order_one(order_id=order_id, principal=principal))


class Timeline(ApiView):
    """What happened to an order."""

    paginated = True

    @operation(gives=outputs.Entry)
    def get(self, request: Request, order_id: UUID) -> HttpResponse:
        """List transitions, events and repeated questions, the earliest first."""
        del request
        rows = reading.order_timeline(order_id=order_id, principal=self.principal)
        return self.page(rows, order=("id",))
