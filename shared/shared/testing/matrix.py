"""The authorisation matrix of a service: every route and method, and what each kind of caller is answered."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

_METHODS = ("get", "post", "put", "patch", "delete")


def routes() -> set[tuple[str, str]]:
    """Return method and path template of everything below /api/v2/, and of what stands beside the API."""
    found = set()
    for path, view in _walk(get_resolver().url_patterns):
        below = path.removeprefix("api/v2/")
        if path.startswith("api/") and (below == path or not path.endswith("/")):
            continue  # the same views in another spelling
        methods = [name for name in _METHODS if hasattr(getattr(view, "view_class", None), name)] or ["get"]
        found |= {(method.upper(), below) for method in methods}
    return found


def _walk(patterns: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path template and the view of each pattern."""
    for each in patterns:
        path = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, path)
        elif isinstance(each, URLPattern):
            yield path, each.callback
