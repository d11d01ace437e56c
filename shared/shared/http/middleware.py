"""One middleware around every request: its id, its trace, its metric, its log line, its version's headers."""

import contextvars
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from shared import context, metrics, tracing
from shared.http import access, dialects, errors
from shared.http.ready import keeping

_BODILESS = (204, 304)  # RFC 9110, section 8.6


class RequestMiddleware:
    """Outermost of all: also an exception that nothing caught leaves as an answer in the API's shape."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request inside its context."""
        request_id = access.request_id_of(request.META)
        parent = request.headers.get("traceparent", "")
        started = time.perf_counter()
        context.waited.set(0.0)
        with (
            context.bound(request_id=request_id, user_id=""),
            tracing.span("request", parent=parent, kind=tracing.SERVER) as span,
        ):
            response = self._get_response(request)
            response["X-Request-ID"] = request_id
            route = _route(request)
            if span.is_recording():
                access.describe(span, request.META, route, response.status_code)
            request.META[keeping.ROUTE] = route
            _version_headers(request, response, route)
            if isinstance(response, StreamingHttpResponse):
                kept = contextvars.copy_context()
                done = partial(_in_context, kept, partial(_account, request, response, route, started))
                response.streaming_content = _counted(cast("Iterator[bytes]", response.streaming_content), done)
            else:
                size = len(cast("HttpResponse", response).content)
                if response.status_code not in _BODILESS:
                    response.headers.setdefault("Content-Length", str(size))
                _account(request, response, route, started, size)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse:
        """Give an exception of a plain Django view the API's shape."""
        return errors.answer(exception, request)


def _route(request: HttpRequest) -> str:
    """Return the route's template, so that ids and unknown paths do not make new labels."""
    match = request.resolver_match
    return f"/{match.route.rstrip('/')}/" if match else "unmatched"


def _version_headers(request: HttpRequest, response: HttpResponseBase, route: str) -> None:
    """Put the dialect's headers on answers under /api/, and count deprecated use."""
    if not request.path.startswith("/api/"):
        return
    dialect = dialects.of(request)
    for name, value in dialect.headers(request.path).items():
        response[name] = value
    if dialect.name == "v1":
        metrics.DEPRECATED.labels(version="v1", http_route=route).inc()


def _counted(pieces: Iterator[bytes], done: Callable[[int], None]) -> Iterator[bytes]:
    """Yield the pieces of a streamed answer; tells how many bytes went out, however it ended."""
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            yield piece
    finally:
        done(size)


def _in_context(kept: contextvars.Context, done: Callable[[int], None], size: int) -> None:
    """Tell the size with the ids of the request, which has long been left when the stream ends."""
    kept.run(done, size)


def _account(request: HttpRequest, response: HttpResponseBase, route: str, started: float, size: int) -> None:
    """Measure and log the request, whose answer had so many bytes."""
    seconds = time.perf_counter() - started
    access.account(
        request.META,
        path=request.path,
        route=route,
        status=response.status_code,
        seconds=seconds,
        size=size,
        waited=context.waited.get(),
    )


def client_address(request: HttpRequest) -> str:
    """Return the client's address as the trusted proxies in front saw it; a spoofed X-Forwarded-For gains nothing."""
    return access.client_of(request.META)
