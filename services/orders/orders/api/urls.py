"""The routes of orders below /api/<version>/."""

from orders.api.views import orders, purchases
from shared.http.urls import route

routes = (
    route("orders/", orders.Orders),
    route("orders/<uuid:order_id>/", orders.Order),
    route("orders/<uuid:order_id>/cancel/", orders.Cancellation),
    route("orders/<uuid:order_id>/timeline/", orders.Timeline),
    route("products/<uuid:product_id>/purchase/", purchases.Purchase),
)
