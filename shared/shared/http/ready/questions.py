"""What is asked, read off the WSGI environment: the key of its answer, and who wants to know."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from shared.auth import authentication, tokens
from shared.auth.principal import Principal

_LONGEST = 1024  # characters of a path with its query
READS = frozenset({"GET", "HEAD"})
_JSON = frozenset({"*/*", "application/*", "application/json"})
_TRACE = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}\Z")
# An answer may depend on these in ways that only Django knows.
_OTHERS = ("HTTP_API_VERSION", "HTTP_TRANSFER_ENCODING", "HTTP_RANGE")

Environ = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A request that may be answered here.

    Attributes:
        environ: its WSGI environment.
        key: what it asks for.
        principal: who asks.
        id: of the request.
        started: when it came (perf_counter).
    """

    environ: dict[str, Any]
    key: str
    principal: Principal | None
    id: str
    started: float


def key_of(environ: Environ) -> str | None:
    """Return all that the answer depends on besides the asker; None when only Django can tell.

    The query is taken as it stands: the addresses of neighbouring pages repeat its order and spelling.
    """
    if (
        any(name in environ for name in _OTHERS)
        or environ.get("CONTENT_LENGTH", "") not in {"", "0"}
        or environ.get("SCRIPT_NAME")
    ):
        return None
    seen = _seen(environ.get("HTTP_ACCEPT", "*/*"), environ.get("HTTP_ORIGIN", ""))
    scheme = _scheme(environ)
    if seen is None or scheme is None:
        return None
    key = f"{scheme} {seen} {environ['PATH_INFO']} {environ.get('QUERY_STRING', '')}"
    return key if len(key) <= _LONGEST else None


@lru_cache(maxsize=256)
def _seen(accept: str, origin: str) -> str | None:
    """Return what an answer shows of two headers: nothing of Accept as long as it takes JSON, a known origin."""
    if not any(each.partition(";")[0].strip() in _JSON for each in accept.split(",")):
        return None
    return origin if not origin or origin in settings.CORS_ALLOWED_ORIGINS else None


def _scheme(environ: Environ) -> str | None:
    """Return how the client came to the gateway, which decides over Strict-Transport-Security."""
    forwarded = environ.get("HTTP_X_FORWARDED_PROTO", "")
    return f"{environ['wsgi.url_scheme']} {forwarded}" if forwarded in {"", "http", "https"} else None


def principal_of(environ: Environ) -> Principal | None:
    """Return who asks, or None; raises TokenNotValid and what else keeps a token from being verified."""
    header = environ.get("HTTP_AUTHORIZATION", "")
    return authentication.bearer(header) if header else None


def principal_at_hand(environ: Environ) -> tuple[bool, Principal | None]:
    """Return whether it is known, without asking anybody, that the asker may be answered here, and who it is."""
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if not scheme:
        return "HTTP_AUTHORIZATION" not in environ, None
    principal = tokens.at_hand(token) if scheme == "Bearer" else None
    return principal is not None and not principal.is_staff, principal


def trace_of(environ: Environ) -> str:
    """Return the id of the trace that the request belongs to, or of a new one (W3C Trace Context, section 3.2)."""
    found = _TRACE.match(environ.get("HTTP_TRACEPARENT", ""))
    return found[1] if found else os.urandom(16).hex()
