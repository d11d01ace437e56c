"""Routes that work in both versions, with and without the final slash, and the handlers of what no view answers."""

from collections.abc import Sequence
from typing import Any

from django.urls import URLPattern, URLResolver, include, path
from django.views import View

# A service's urls.py: handler400, handler404, handler500 = HANDLERS
HANDLERS = (
    "shared.http.errors.bad_request",
    "shared.http.errors.page_not_found",
    "shared.http.errors.server_error",
)


def route(pattern: str, view: type[View]) -> list[URLPattern]:
    """Return the patterns of one path that ends in a slash: with it, and without it (never a redirect)."""
    if not pattern.endswith("/"):
        raise ValueError(f"{pattern!r} must end in a slash")
    handler = view.as_view()
    return [path(pattern, handler), path(pattern.removesuffix("/"), handler)]


def versioned(*routes: Sequence[URLPattern]) -> list[URLResolver]:
    """Return the given routes below /api/v1/ and /api/v2/, and below /api/ for the API-Version header."""
    patterns: list[Any] = [each for group in routes for each in group]
    return [path(prefix, include(patterns)) for prefix in ("api/v1/", "api/v2/", "api/")]
