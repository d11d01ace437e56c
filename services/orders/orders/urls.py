"""The routes of the orders service."""

from orders.api import views
from shared.http.openapi.pages import PAGES
from shared.http.urls import HANDLERS, route, versioned

urlpatterns = [
    *versioned(
        route("orders/", views.OrderList),
        route("orders/<uuid:order_id>/", views.OrderDetail),
        route("orders/<uuid:order_id>/cancel/", views.OrderCancel),
        route("orders/<uuid:order_id>/timeline/", views.OrderTimeline),
        route("products/<uuid:product_id>/purchase/", views.Purchase),
    ),
    *PAGES,
]

handler400, handler404, handler500 = HANDLERS
