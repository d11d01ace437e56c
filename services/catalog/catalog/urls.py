"""The URLs of the catalog service."""

from catalog.api.urls import ROUTES
from shared.http.openapi.pages import PAGES
from shared.http.urls import HANDLERS, versioned

urlpatterns = [*versioned(*ROUTES), *PAGES]

handler400, handler404, handler500 = HANDLERS
