"""How often one may try to log in: per client address, then per account."""

import math
from collections.abc import Iterator

from django.conf import settings
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from shared import metrics
from shared.auth.principal import Principal
from shared.http.middleware import client_address
from shared.http.throttles import Rate, seconds_to_wait


class LoginThrottle(BaseThrottle):
    """LOGIN_RATE for each client address and each account; keys are keyed hashes, never addresses."""

    _wait = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the attempt may go on; an address beyond its limit does not use up the account's."""
        del view
        rate = Rate.parse(settings.LOGIN_RATE)
        for key in _keys(request):
            self._wait = seconds_to_wait(key, rate)
            if self._wait:
                metrics.LOGINS.labels(outcome="throttled").inc()
                return False
        return True

    def wait(self) -> float:
        """Return the seconds after which an attempt will pass."""
        return math.ceil(self._wait)


def _keys(request: Request) -> Iterator[str]:
    """Yield what is limited: the client, and the account it aims at."""
    client = client_address(request._request)  # noqa: SLF001 (the Django request inside)
    yield f"login:client:{_hashed(client)}"
    if isinstance(request.user, Principal):
        yield f"login:account:{request.user.id}"
    email = request.data.get("email") if isinstance(request.data, dict) else None
    if isinstance(email, str):
        yield f"login:account:{_hashed(email.strip().lower())}"


def _hashed(text: str) -> str:
    """Return a short keyed hash, which tells nobody what was hashed."""
    return salted_hmac("users.login-throttle", text).hexdigest()[:32]
