"""The routes of orders below /api/<version>/."""

from orders.api.views import exports, orders, purchases, statistics
from shared.http.urls import route

routes = (
    route("orders/", orders.Orders),
    route("orders/export/", exports.OrdersExport),
    route("orders/statistics/", statistics.Statistics),
    route("orders/<uuid:order_id>/", orders.Order),
    route("orders/<uuid:order_id>/cancel/", orders.Cancellation),
    route("orders/<uuid:order_id>/timeline/", orders.Timeline),
    route("products/<uuid:product_id>/purchase/", purchases.Purchase),
)
