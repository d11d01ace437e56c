"""The whole document of a service, made once a process when it is first asked for."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.plumbing import build_mock_request

from shared.http.openapi import shapes

Endpoint = tuple[str, str, str, Any]

_ABOUT = """\
Every path works with and without its final slash. Input is strict: an unknown field or query parameter is refused by
name. Money is a decimal string with two digits, times are RFC 3339 UTC, ids are UUIDv7. v1 is deprecated.
"""


def public(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """Return the endpoints to show: each once in both versions, without the spellings that also work."""
    return [each for each in endpoints if _is_shown(each[0])]


def _is_shown(path: str) -> bool:
    return path.startswith("/.well-known/") or (path.startswith(("/api/v1/", "/api/v2/")) and path.endswith("/"))


def asked(method: str, path: str, view: Any, original: Any, **kwargs: Any) -> Any:
    """Return the made-up request of an operation; the view may look at its method from the first moment on."""
    view.request = HttpRequest()
    view.request.method = method
    return build_mock_request(method, path, view, original, **kwargs)


@cache
def document() -> bytes:
    """Return the OpenAPI 3.1 document of this service as JSON."""
    made = SchemaGenerator().get_schema(request=None, public=True)
    made["paths"] = dict(sorted(made["paths"].items(), key=lambda item: (item[0].startswith("/api/v1/"), item[0])))
    components = made.setdefault("components", {})
    components["schemas"] = {**components.get("schemas", {}), **shapes.ERRORS}
    components["securitySchemes"] = shapes.SECURITY
    made["info"] = {"title": f"Plaza {settings.SERVICE}", "version": "2", "description": _ABOUT}
    made["servers"] = [{"url": settings.PUBLIC_URL}]
    return orjson.dumps(made)
