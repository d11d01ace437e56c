"""Giving a ready answer: limits, headers and account of the one request it is given to."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from shared import metrics, tracing
from shared.http import access, tags
from shared.http.ready import questions
from shared.http.ready.answers import Answer, Headers
from shared.http.ready.questions import Request
from shared.http.throttles import buckets, caller
from shared.http.throttles.buckets import Level


def charge(request: Request) -> list[Level] | None:
    """Charge the caller.

    Returns:
        Its limits; None when one is reached, and nothing was charged.
    """
    levels = buckets.take(caller.buckets_of(request.principal, request.environ))
    return None if any(level.wait for level in levels) else levels


def send(request: Request, answer: Answer, levels: Sequence[Level], start: Callable[..., Any]) -> list[bytes]:
    """Give an answer.

    Args:
        request: to whom.
        answer: what is ready.
        levels: the caller's limits.
        start: WSGI's start_response.

    Returns:
        The body.
    """
    status, headers, body = given(request, answer, levels)
    start(status, headers)
    return [body]


def given(request: Request, answer: Answer, levels: Sequence[Level] = ()) -> tuple[str, Headers, bytes]:
    """Return an answer as one request gets it, which is accounted for; arguments as of `send`.

    Returns:
        Status line, headers and body.
    """
    environ = request.environ
    own = {"X-Request-ID": request.id, **caller.fields(levels)}
    if "HTTP_AUTHORIZATION" in environ:
        own["Cache-Control"] = "no-store"
    status, headers, body = _content(environ, answer)
    _account(request, answer, status, len(body))
    line = "200 OK" if status == 200 else "304 Not Modified"  # noqa: PLR2004 (as it reads)
    return line, [*headers, *own.items()], b"" if environ["REQUEST_METHOD"] == "HEAD" else body


def _content(environ: dict[str, Any], answer: Answer) -> tuple[int, Headers, bytes]:
    """Return status, headers and body: nothing new to those who have it (RFC 9110, section 13.1.2)."""
    asked = environ.get("HTTP_IF_NONE_MATCH", "")
    if asked and answer.tag and tags.match(asked, answer.tag):
        return 304, answer.headers, b""
    length = str(len(answer.body))
    return 200, [("Content-Type", answer.media_type), ("Content-Length", length), *answer.headers], answer.body


def _account(request: Request, answer: Answer, status: int, size: int) -> None:
    """Measure and log the request as Django's are."""
    path = request.environ["PATH_INFO"]
    if path.startswith("/api/v1/"):
        metrics.DEPRECATED.labels("v1", answer.route).inc()
    ids = {"request_id": request.id, "trace_id": questions.trace_of(request.environ)}
    if request.principal:
        ids["user_id"] = str(request.principal.id)
    seconds = time.perf_counter() - request.started
    if tracing.wanted():
        name, told = access.span_of(request.environ, answer.route, status, request.id)
        parent = request.environ.get("HTTP_TRACEPARENT", "")
        tracing.record(name, parent=parent, seconds=seconds, attributes={**told, "plaza.ready": True})
    access.account(request.environ, path=path, route=answer.route, status=status, seconds=seconds, size=size, ids=ids)
