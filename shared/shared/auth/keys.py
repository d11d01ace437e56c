"""The public keys that verify access tokens (JWKS, RFC 7517), cached; stale keys serve while their source is down."""

import threading
import time
from importlib import import_module
from typing import Any

import httpx
import jwt
from django.conf import settings

_TTL_SECONDS = 300.0
_REFETCH_SECONDS = 30.0  # an unknown kid asks again at most this often, else anybody could make us ask
_TIMEOUT_SECONDS = 2.0

_lock = threading.Lock()
_keys: dict[str, jwt.PyJWK] = {}
_fetched_at = float("-inf")
_tried_at = float("-inf")


def public_key(kid: str) -> jwt.PyJWK | None:
    """Return the key with this id, or None; asks the source when the keys are old or the id is unknown."""
    now = time.monotonic()
    known = _keys.get(kid)
    if known is not None and now - _fetched_at < _TTL_SECONDS:
        return known
    if now - _tried_at >= _REFETCH_SECONDS or _fetched_at == float("-inf"):
        _refresh()
    return _keys.get(kid)


def forget() -> None:
    """Drop the cached keys; for tests and after a change of the source."""
    global _keys, _fetched_at, _tried_at
    _keys, _fetched_at, _tried_at = {}, float("-inf"), float("-inf")


def _refresh() -> None:
    """Fetch the key set once, whoever asks at the same time; keep the old one when that fails."""
    global _keys, _fetched_at, _tried_at  # noqa: PLW0603 (one cache for the process)
    before = _tried_at
    with _lock:
        if _tried_at != before:
            return
        _tried_at = time.monotonic()
        try:
            document = _document()
        except (httpx.HTTPError, ValueError):
            return
        _keys = {each["kid"]: jwt.PyJWK.from_dict(each) for each in document["keys"] if "kid" in each}
        _fetched_at = time.monotonic()


def _document() -> dict[str, Any]:
    """Return the JWKS, from this process itself (users) or by HTTP."""
    if settings.JWKS_PROVIDER:
        module, _, function = settings.JWKS_PROVIDER.rpartition(".")
        return getattr(import_module(module), function)()  # type: ignore[no-any-return]
    answer = httpx.get(settings.JWKS_URL, timeout=_TIMEOUT_SECONDS, follow_redirects=False)
    answer.raise_for_status()
    return answer.json()  # type: ignore[no-any-return]
