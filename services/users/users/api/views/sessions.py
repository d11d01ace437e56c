"""Login and what belongs to it: refresh, logout, the proof of an address."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from shared.auth.permissions import AllowAny
from shared.http.operations import operation
from shared.http.views import ApiView
from users.api import inputs, outputs, throttles
from users.services import accounts, sessions

# RFC 6749, section 5.1: tokens are nothing for a cache.
_SECRET = {"Cache-Control": "no-store"}


class Anonymous(ApiView):
    """A view for anyone, which leaves a stale token unread."""

    authentication_classes = []
    permission_classes = [AllowAny]


class Login(Anonymous):
    """POST: start a session."""

    throttle_classes = [throttles.LoginThrottle]

    @operation(takes=inputs.Credentials, gives=outputs.Session, refusals=(sessions.WrongCredentials,))
    def post(self, request: Request) -> HttpResponse:
        """Answer an access and a refresh token, and who they are for."""
        answer = sessions.login(**self.body(), now=timezone.now())
        throttles.network_remember(request)
        return self.reply(answer, headers=_SECRET)


class Refresh(Anonymous):
    """POST: rotate a refresh token."""

    @operation(takes=inputs.Refresh, gives=outputs.Session, refusals=(sessions.RefreshNotValid,))
    def post(self, request: Request) -> HttpResponse:
        """Answer a new access token and the next refresh token."""
        del request
        token = self.body()["refresh"]
        answer: dict[str, Any] = sessions.refresh(token=token, now=timezone.now())
        return self.reply(answer, headers=_SECRET)


class Logout(ApiView):
    """POST: end the session of a refresh token."""

    @operation(takes=inputs.Refresh, status=204)
    def post(self, request: Request) -> HttpResponse:
        """Revoke the token's family."""
        del request
        token = self.body()["refresh"]
        sessions.logout(user_id=self.principal.id, token=token, now=timezone.now())
        return self.no_content()


class VerifyEmail(Anonymous):
    """POST: prove that one reads the mail of one's address."""

    @operation(takes=inputs.Verification, gives=outputs.Verified)
    def post(self, request: Request) -> HttpResponse:
        """Mark the address as verified."""
        del request
        accounts.email_verify(**self.body(), now=timezone.now())
        return self.reply({"is_verified": True})
