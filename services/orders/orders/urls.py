"""The routes of the orders service."""

from shared.http.urls import HANDLERS, versioned

urlpatterns = [*versioned()]

handler400, handler404, handler500 = HANDLERS
