"""The routes of the orders service."""

from orders.api.urls import routes
from shared.http.openapi.pages import PAGES
from shared.http.urls import HANDLERS, versioned

urlpatterns = [*versioned(*routes), *PAGES]

handler400, handler404, handler500 = HANDLERS
