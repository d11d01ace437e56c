"""The public keys that verify this installation's access tokens."""

from django.http import HttpResponse
from rest_framework.request import Request

from shared.auth.permissions import AllowAny
from shared.http.operations import operation
from shared.http.views import ApiView
from users.api import outputs
from users.selectors import keys

# As long as the verifiers of this installation keep it (shared.auth.keys).
_CACHEABLE = {"Cache-Control": "public, max-age=300"}


class KeySet(ApiView):
    """GET: the JSON Web Key Set (RFC 7517)."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = []  # without it no service could know anybody

    @operation(gives=outputs.KeySet)
    def get(self, request: Request) -> HttpResponse:
        """Show every key that a valid token may name."""
        del request
        return self.reply(keys.jwks(), headers=_CACHEABLE)
