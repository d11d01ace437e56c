"""The limit that every view has: RATE_ANONYMOUS for each client, RATE_USER for each known user."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from shared.auth.principal import Principal
from shared.http import access
from shared.http.throttles import clients
from shared.http.throttles.buckets import Bucket, Level, take
from shared.http.throttles.rates import limit

ATTRIBUTE = "rate_levels"  # on the Django request, for the headers
CHARGED = "plaza.rate_levels"  # in the WSGI environment: the caller's bucket, charged before Django was asked


class CallerThrottle(BaseThrottle):
    """One bucket for the caller; a subclass adds others, all are asked in one round trip."""

    _wait = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        """Charge the request, and return whether it may go on."""
        del view
        levels = request.META.pop(CHARGED, None) or take([*self.buckets(request)])
        setattr(request._request, ATTRIBUTE, levels)  # noqa: SLF001 (the Django request inside)
        self._wait = max((level.wait for level in levels), default=0.0)
        return not self._wait

    def wait(self) -> float:
        """Return the seconds after which a request will pass."""
        return self._wait

    def buckets(self, request: Request) -> Iterable[Bucket]:
        """Return what the request is charged to."""
        user = request.user
        return buckets_of(user if isinstance(user, Principal) else None, request.META)


def buckets_of(principal: Principal | None, environ: Mapping[str, Any]) -> list[Bucket]:
    """Return the caller's bucket; none when there is no limit.

    Args:
        principal: who asks, if that is known.
        environ: the WSGI environment, for the client's address.
    """
    rate = limit(settings.RATE_USER if principal else settings.RATE_ANONYMOUS)
    if rate is None:
        return []
    if principal:
        return [Bucket(policy="user", key=f"user:{principal.id}", rate=rate)]
    client = clients.client(access.client_of(environ))
    return [Bucket(policy="anonymous", key=f"client:{clients.hashed(client)}", rate=rate)]


def client_of(request: Request) -> str:
    """Return the client that asks, as its own part of an address."""
    return clients.client(access.client_of(request.META))


def fields(levels: Iterable[Level]) -> dict[str, str]:
    """Return the headers that tell a caller its limits (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4)."""
    shown = [level for level in levels if level.bucket.policy]
    if not shown:
        return {}
    policies = [f'"{one.bucket.policy}";q={one.bucket.rate.count};w={one.bucket.rate.seconds}' for one in shown]
    states = [f'"{one.bucket.policy}";r={one.remaining};t={math.ceil(one.ahead)}' for one in shown]
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(states)}
