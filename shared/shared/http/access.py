"""One request as it is accounted for: its id, its client, its metric, its log line; of Django's requests and others."""

import logging
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django.conf import settings
from prometheus_client import Histogram

from shared import context, metrics
from shared.db.models import uuid7

log = logging.getLogger(__name__)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def request_id_of(environ: Mapping[str, Any]) -> str:
    """Return the id that the caller has given a request if it is sane, else a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if context.SANE_REQUEST_ID.match(given) else str(uuid7())


def client_of(environ: Mapping[str, Any]) -> str:
    """Return the client's address as the trusted proxies in front saw it; a spoofed X-Forwarded-For gains nothing."""
    hops = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    trusted = settings.TRUSTED_PROXIES
    if trusted and len(hops) >= trusted:
        return hops[-trusted]  # type: ignore[no-any-return]
    return str(environ.get("REMOTE_ADDR", ""))


def account(
    environ: Mapping[str, Any],
    *,
    path: str,
    route: str,
    status: int,
    seconds: float,
    size: int,
    ids: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Measure and log a request.

    Args:
        environ: the WSGI environment.
        path: as it was asked for.
        route: the path's template, so that ids and unknown paths do not make new labels.
        status: of the answer.
        seconds: that it took.
        size: bytes of the answer's body.
        ids: of the request, its user and its trace, when they are not bound to the context.
    """
    method = environ["REQUEST_METHOD"]
    _duration(method if method in _METHODS else "_OTHER", route, status).observe(seconds)
    if not log.isEnabledFor(logging.INFO):
        return
    line = {
        "method": method,
        "path": path,
        "route": route,
        "status": status,
        "seconds": round(seconds, 6),
        "bytes": size,
        "client": client_of(environ),
        "agent": environ.get("HTTP_USER_AGENT", "")[:200],
        **ids,
    }
    # Without a search for the caller, which is always this line.
    record = logging.LogRecord(log.name, logging.INFO, __file__, 0, "request", (), None)
    vars(record).update(line)
    log.handle(record)


@lru_cache(maxsize=1024)
def _duration(method: str, route: str, status: int) -> Histogram:
    """Return the metric of such requests."""
    return metrics.HTTP_DURATION.labels(method, route, str(status))
