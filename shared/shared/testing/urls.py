"""Routes of shared/'s own tests."""

from shared.http.urls import HANDLERS

urlpatterns: list[object] = []
handler400, handler404, handler500 = HANDLERS
