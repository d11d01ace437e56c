"""The public keys that verify access tokens (JWKS, RFC 7517), cached; stale keys serve while their source is down.

They serve for an hour after the last good answer: long enough for any repair of users, and a bound on how long a key
that was withdrawn in an emergency can go on working where users cannot be asked. After that nobody can be known, and
every token is answered with 503 (the token may be good, so 401 would be wrong).
"""

import logging
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import httpx
import jwt
from django.conf import settings

from shared.errors import Unavailable

log = logging.getLogger(__name__)

TTL_SECONDS = 300.0  # after which the source is asked again
STALE_SECONDS = 3600.0  # after which keys no longer serve
REFETCH_SECONDS = 30.0  # an unknown kid asks again at most this often, else anybody could make us ask
EMPTY_SECONDS = 1.0  # with no keys at all the source is asked this often
PATIENCE_SECONDS = 2.0  # for the whole answer
_LARGEST_BYTES = 64 * 1024

Document = Callable[[], Any]


class Keys:
    """One process's keys. At most one request to the source is under way, and only its asker waits for it.

    Args:
        document: returns the key set as JSON, raises httpx.HTTPError or ValueError.
        clock: seconds that only grow.
    """

    def __init__(self, document: Document, clock: Callable[[], float] = time.monotonic) -> None:
        self._document = document
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")

    def key(self, kid: str) -> jwt.PyJWK | None:
        """Return the key with this id, or None; asks the source when the keys are old or the id is unknown.

        Raises:
            Unavailable: there are no keys, or none young enough, and the source does not answer.
        """
        known = self._keys.get(kid)
        if known is not None and self._age() < TTL_SECONDS:
            return known
        self._refresh()
        if not self._may_serve():
            raise Unavailable(retry_after=1 + int(EMPTY_SECONDS))
        return self._keys.get(kid)

    def _age(self) -> float:
        """Return the seconds since the last good answer."""
        return self._clock() - self._fetched_at

    def _may_serve(self) -> bool:
        """Return whether the keys are young enough to be believed."""
        return self._age() < STALE_SECONDS

    def _refresh(self) -> None:
        """Ask the source, unless somebody does or did so just now; keep the old keys when that fails."""
        # Whoever has something to serve does not wait for another's request; with nothing all wait for the one.
        patience = 0.0 if self._may_serve() else PATIENCE_SECONDS + 0.5
        if not self._lock.acquire(timeout=patience):
            return
        try:
            pause = REFETCH_SECONDS if self._may_serve() else EMPTY_SECONDS
            if self._clock() - self._tried_at >= pause:
                self._ask()
        finally:
            self._lock.release()

    def _ask(self) -> None:
        """Replace the keys by the source's present ones."""
        try:
            self._keys = _parsed(self._document())
            self._fetched_at = self._clock()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("key_set_unavailable", extra={"cause": type(error).__name__})
        finally:
            self._tried_at = self._clock()


def public_key(kid: str) -> jwt.PyJWK | None:
    """Return this process's key with the id, or None; raises Unavailable."""
    return _keys.key(kid)


def forget() -> None:
    """Drop the cached keys; for tests and after a change of the source."""
    global _keys  # noqa: PLW0603 (one cache for the process)
    _keys = Keys(fetched)


def fetched() -> Any:
    """Return the key set, from this process itself (users) or by HTTP; raises httpx.HTTPError or ValueError."""
    if settings.JWKS_PROVIDER:
        module, _, function = settings.JWKS_PROVIDER.rpartition(".")
        return getattr(import_module(module), function)()
    deadline = time.monotonic() + PATIENCE_SECONDS
    with httpx.stream("GET", settings.JWKS_URL, timeout=PATIENCE_SECONDS, follow_redirects=False) as answer:
        answer.raise_for_status()
        body = b""
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > _LARGEST_BYTES or time.monotonic() > deadline:
                raise ValueError("the key set is too large or too slow")
    return httpx.Response(200, content=body).json()


def _parsed(document: Any) -> dict[str, jwt.PyJWK]:
    """Return the usable keys by id.

    A single key that we do not understand is ignored (RFC 7517, section 5); raises ValueError for a document that
    is no key set, or has keys of which none is usable.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a key set")  # noqa: TRY004 (what the source sent, not a defect)
    usable = {each["kid"]: key for each in listed if (key := _understood(each)) is not None}
    if listed and not usable:
        raise ValueError("no usable key")
    return usable


def _understood(listed: Any) -> jwt.PyJWK | None:
    """Return an elliptic key with an id as a verifier, or None for anything else."""
    if not isinstance(listed, dict) or not isinstance(listed.get("kid"), str) or listed.get("crv") != "P-256":
        return None
    try:
        return jwt.PyJWK.from_dict(listed, algorithm="ES256")
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None


_keys = Keys(fetched)
