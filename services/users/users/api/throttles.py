"""How often one may try a password, without letting a stranger lock the owner out (docs/decisions/0011)."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from rest_framework.request import Request

from shared import metrics
from shared.auth.principal import Principal
from shared.http.middleware import client_address
from shared.http.throttles import buckets, clients
from shared.http.throttles.buckets import Bucket
from shared.http.throttles.caller import CallerThrottle, client_of
from shared.http.throttles.rates import Rate
from users.domain import emails

_KNOWN_SECONDS = 30 * 24 * 3600


class LoginThrottle(CallerThrottle):
    """LOGIN_RATE for each client address and for each account, besides the limit that every view has.

    A network that has logged in to the account before has a share of the account for itself; all others share one,
    so whoever uses that one up stands only in the way of other strangers. Keys are keyed hashes, never addresses.
    """

    scope = "login"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Charge the attempt, and return whether it may go on; a refused one is charged to nobody."""
        allowed = super().allow_request(request, view)
        if not allowed and self.scope == LoginThrottle.scope:
            metrics.LOGINS.labels(outcome="throttled").inc()
        return allowed

    def buckets(self, request: Request) -> Iterable[Bucket]:
        """Yield the caller's bucket, the client's, and that of the account it aims at."""
        yield from super().buckets(request)
        rate = Rate.parse(settings.LOGIN_RATE)
        yield Bucket(policy=self.scope, key=f"{self.scope}:client:{clients.hashed(client_of(request))}", rate=rate)
        account = _account(request)
        if account:
            # Without a name: what strangers see of it would tell them whether the owner is being attacked.
            yield Bucket(policy="", key=f"{self.scope}:account:{self._share(request, account)}", rate=rate)

    def _share(self, request: Request, account: str) -> str:
        """Return the share of the account that the client's network draws on."""
        mark = _mark(request, account)
        return mark if buckets.is_remembered(mark) else clients.hashed(account)


class ResetThrottle(LoginThrottle):
    """The same for asking for a reset: it must stay possible while somebody guesses passwords."""

    scope = "reset"


def network_remember(request: Request) -> None:
    """Remember for 30 days that the client's network has logged in to the account; best effort.

    Args:
        request: the login that has just succeeded.
    """
    account = _account(request)
    if account:
        buckets.remember(_mark(request, account), seconds=_KNOWN_SECONDS)


def _mark(request: Request, account: str) -> str:
    """Return the name of a network at an account."""
    network = clients.network(client_address(request._request))  # noqa: SLF001 (the Django request inside)
    return clients.hashed(f"{account} {network}")


def _account(request: Request) -> str:
    """Return what identifies the account that an attempt aims at; empty when it names none."""
    if isinstance(request.user, Principal):
        return str(request.user.id)
    email = request.data.get("email") if isinstance(request.data, dict) else None
    return emails.key(email) if isinstance(email, str) else ""
