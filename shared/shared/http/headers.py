"""Headers that every answer carries unless its view has set them: what a browser may do with it, who may keep it."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from shared.http.throttles import caller

# An answer is data: nothing in it is to be run or framed, should a browser ever take it for a page.
_POLICY = "default-src 'none'; frame-ancestors 'none'"


class HeadersMiddleware:
    """Adds the caller's limits, a Content-Security-Policy, and for callers with a token `Cache-Control: no-store`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, with its headers completed."""
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        if "Authorization" in request.headers:
            response.headers.setdefault("Cache-Control", "no-store")
        for name, value in caller.fields(getattr(request, caller.ATTRIBUTE, ())).items():
            response.headers[name] = value
        return response
