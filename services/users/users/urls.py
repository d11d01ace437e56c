"""The routes of the users service."""

from django.urls import path

from shared.http.openapi.pages import PAGES
from shared.http.urls import HANDLERS, versioned
from users.api.urls import routes
from users.api.views.keys import KeySet

urlpatterns = [*versioned(*routes), path(".well-known/jwks.json", KeySet.as_view()), *PAGES]

handler400, handler404, handler500 = HANDLERS
