"""Giving a ready answer: limits, headers and account of the one request it is given to."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared import metrics, tracing
from shared.auth.principal import Principal
from shared.http import access, tags
from shared.http.ready import questions
from shared.http.ready.answers import Answer, Headers
from shared.http.throttles import buckets, caller

_HITS = metrics.CACHE_REQUESTS.labels("hit")


@dataclass(frozen=True, slots=True)
class Request:
    """A request that may be answered here: its WSGI environment, who asks, and when it came (perf_counter)."""

    environ: dict[str, Any]
    principal: Principal | None
    started: float


def send(request: Request, answer: Answer, start: Callable[..., Any]) -> list[bytes] | None:
    """Give an answer.

    Args:
        request: to whom.
        answer: what is ready.
        start: WSGI's start_response.

    Returns:
        The body; None when the caller has reached its limit, which was not charged: Django says so.
    """
    environ = request.environ
    levels = buckets.take(caller.buckets_of(request.principal, environ))
    if any(level.wait for level in levels):
        return None
    request_id = access.request_id_of(environ)
    own = {"X-Request-ID": request_id, **caller.fields(levels)}
    if "HTTP_AUTHORIZATION" in environ:
        own["Cache-Control"] = "no-store"
    status, headers, body = _content(environ, answer)
    start("200 OK" if status == 200 else "304 Not Modified", [*headers, *own.items()])  # noqa: PLR2004 (as it reads)
    _account(request, answer, request_id, status, len(body))
    return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _content(environ: dict[str, Any], answer: Answer) -> tuple[int, Headers, bytes]:
    """Return status, headers and body: nothing new to those who have it (RFC 9110, section 13.1.2)."""
    asked = environ.get("HTTP_IF_NONE_MATCH", "")
    if asked and answer.tag and tags.match(asked, answer.tag):
        return 304, answer.headers, b""
    length = str(len(answer.body))
    return 200, [("Content-Type", answer.media_type), ("Content-Length", length), *answer.headers], answer.body


def _account(request: Request, answer: Answer, request_id: str, status: int, size: int) -> None:
    """Measure and log the request as Django's are."""
    _HITS.inc()
    path = request.environ["PATH_INFO"]
    if path.startswith("/api/v1/"):
        metrics.DEPRECATED.labels("v1", answer.route).inc()
    ids = {"request_id": request_id, "trace_id": questions.trace_of(request.environ)}
    if request.principal:
        ids["user_id"] = str(request.principal.id)
    seconds = time.perf_counter() - request.started
    if tracing.wanted():
        name, told = access.span_of(request.environ, answer.route, status, request_id)
        parent = request.environ.get("HTTP_TRACEPARENT", "")
        tracing.record(name, parent=parent, seconds=seconds, attributes={**told, "plaza.ready": True})
    access.account(request.environ, path=path, route=answer.route, status=status, seconds=seconds, size=size, ids=ids)
