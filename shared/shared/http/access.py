"""One request as it is accounted for: its id, its client, its metric, its log line; of Django's requests and others."""

import logging
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django.conf import settings
from opentelemetry.trace import Span, StatusCode
from prometheus_client import Histogram

from shared import context, metrics
from shared.db.models import uuid7
from shared.logging import frequent

log = logging.getLogger(__name__)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_DEFECT = 500


def request_id_of(environ: Mapping[str, Any]) -> str:
    """Return the id that the caller has given a request if it is sane, else a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if context.SANE_REQUEST_ID.match(given) else str(uuid7())


def client_of(environ: Mapping[str, Any]) -> str:
    """Return the client's address as the trusted proxies in front saw it; a spoofed X-Forwarded-For gains nothing."""
    trusted, forwarded = settings.TRUSTED_PROXIES, environ.get("HTTP_X_FORWARDED_FOR", "")
    if trusted and forwarded:
        hops = [part.strip() for part in forwarded.split(",") if part.strip()]
        if len(hops) >= trusted:
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
    waited: float = 0.0,
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
        waited: seconds of them that the client has chosen to wait (Prefer: wait); no part of the measured duration.
        ids: of the request, its user and its trace, when they are not bound to the context.
    """
    method = environ["REQUEST_METHOD"]
    _duration(_known(method), route, status).observe(max(seconds - waited, 0.0))
    if not log.isEnabledFor(logging.INFO):
        return
    line = {
        "method": method,
        "path": path,
        "route": route,
        "status": status,
        "seconds": round(seconds, 6),
        **({"waited": round(waited, 6)} if waited else {}),
        "bytes": size,
        "client": client_of(environ),
        "agent": environ.get("HTTP_USER_AGENT", "")[:200],
        **ids,
    }
    frequent.info(log, "request", line)


def span_of(environ: Mapping[str, Any], route: str, status: int, request_id: str) -> tuple[str, dict[str, str | int]]:
    """Return the name and the attributes of a request's span; nothing of its path, query or headers.

    Args:
        environ: the WSGI environment.
        route: the path's template.
        status: of the answer.
        request_id: the request's.
    """
    method = _known(environ["REQUEST_METHOD"])
    told: dict[str, str | int] = {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": status,
        "plaza.request_id": request_id,
    }
    return f"{method} {route}", told


def describe(span: Span, environ: Mapping[str, Any], route: str, status: int) -> None:
    """Tell a span which request it was, and whether it went wrong; arguments as of `span_of`."""
    name, attributes = span_of(environ, route, status, context.request_id.get())
    span.update_name(name)
    span.set_attributes(attributes)
    if status >= _DEFECT:
        span.set_status(StatusCode.ERROR)


def _known(method: str) -> str:
    """Return the method, or one name for all that the API does not have."""
    return method if method in _METHODS else "_OTHER"


@lru_cache(maxsize=1024)
def _duration(method: str, route: str, status: int) -> Histogram:
    """Return the metric of such requests."""
    return metrics.HTTP_DURATION.labels(method, route, str(status))
