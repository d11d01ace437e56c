"""Placing with `Prefer: wait=N` (RFC 7240): the outcome within the time, or the first answer."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from orders import domain
from orders.selectors import reading
from shared.http import idempotency, prefer
from shared.http.views import ApiView

Check = Callable[[Mapping[str, Any]], None]


class PlacingView(ApiView):
    """A view whose POST places an order."""

    placed: UUID | None = None

    def accepted(self, order: Mapping[str, Any]) -> HttpResponse:
        """Return 202 with the pending order, and remember which it is."""
        self.placed = order["id"]
        return self.reply(order, status=202, headers={"Location": self._location(order)})

    def outcome(self, request: Request, accepted: HttpResponse, *, check: Check | None = None) -> HttpResponse:
        """Return the final order (201) if the client waits and it comes in time, else the first answer.

        The wait begins after the order is committed, and holds no transaction.

        Args:
            request: which may say how long the client waits.
            accepted: the first answer; a refusal or a replay is returned as it is.
            check: raises what a final order means as an error.
        """
        seconds = prefer.wait_seconds(request)
        if seconds is None or self.placed is None:
            return accepted
        order_id = self.placed
        waited = prefer.wait(
            f"order:{order_id}",
            lambda: reading.order_once_final(order_id=order_id),
            seconds,
            words=[each.value for each in domain.FINAL],
        )
        response = accepted if waited.found is None else self._final(waited.found, check)
        prefer.tell(response, waited, seconds)
        if waited.found is not None:
            idempotency.restate(request, response)
        return response

    def _final(self, order: Mapping[str, Any], check: Check | None) -> HttpResponse:
        """Return the answer to a final order."""
        try:
            if check is not None:
                check(order)
        except Exception as error:  # noqa: BLE001 (the view's handler knows them all)
            return self.handle_exception(error)
        return self.reply(order, status=201, headers={"Location": self._location(order)})

    def _location(self, order: Mapping[str, Any]) -> str:
        """Return the order's address in the version that was asked."""
        return f"/api/{self.dialect.name}/orders/{order['id']}/"
