"""Bearer tokens on requests (RFC 6750)."""

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from shared import context
from shared.auth import tokens
from shared.auth.principal import Principal
from shared.errors import TokenNotValid


def bearer(header: str) -> Principal:
    """Return whom an Authorization header names; raises TokenNotValid."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token or " " in token:
        raise TokenNotValid("Send the token as `Authorization: Bearer <token>`.")
    return tokens.verify(token)


class BearerAuthentication(BaseAuthentication):
    """Reads `Authorization: Bearer <access token>`; without the header nobody is known."""

    def authenticate(self, request: Request | HttpRequest) -> tuple[Principal, str] | None:
        """Return the principal and the token, or None; raises TokenNotValid."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        principal = bearer(header)
        context.user_id.set(str(principal.id))
        return principal, header.partition(" ")[2]

    def authenticate_header(self, request: Request | HttpRequest) -> str:
        """Return the challenge of a 401 answer."""
        del request
        return 'Bearer realm="plaza"'
