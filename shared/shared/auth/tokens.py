"""Verifying access tokens (RFC 8725): one algorithm, every claim required, the key chosen by id from our own set."""

import hashlib
import json
import re
import threading
import time
from collections import OrderedDict
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from jwt.utils import base64url_decode

from shared.auth import keys, subjects
from shared.auth.principal import Principal
from shared.errors import TokenNotValid

ALGORITHM = "ES256"
TYPE = "at+jwt"
_LEEWAY_SECONDS = 30
_LONGEST_TOKEN = 4096
_REQUIRED = ["iss", "aud", "sub", "sid", "jti", "iat", "exp", "type", "roles", "epoch"]
# Nothing else: a header that brings its own key (jwk, jku, x5u) or wants more than we know (crit) is not ours.
_HEADER = {"alg", "typ", "kid"}
# Three parts in the URL's alphabet; decoders overlook other characters, and so would let one token have many spellings.
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")

_CACHE_SIZE = 10_000
_cache: "OrderedDict[bytes, tuple[float, Principal]]" = OrderedDict()
_cache_lock = threading.Lock()


def verify(token: str) -> Principal:
    """Return whom an access token names; raises TokenNotValid.

    A verified token is remembered by its hash until it expires; revocation is looked up each time.
    """
    digest = hashlib.sha256(token.encode()).digest()
    principal = _remembered(digest)
    if principal is None:
        expires_at, principal = _decode(token)
        _remember(digest, expires_at, principal)
    if subjects.is_revoked(principal):
        raise TokenNotValid("The token has been revoked.")
    return principal


def at_hand(token: str) -> Principal | None:
    """Return whom a token names that was verified before and is not revoked; None when that takes asking."""
    principal = _remembered(hashlib.sha256(token.encode()).digest())
    return principal if principal is not None and subjects.is_known_good(principal) else None


def _decode(token: str) -> tuple[float, Principal]:
    """Check signature and claims; returns the time of expiry (epoch seconds) and the principal."""
    if len(token) > _LONGEST_TOKEN or not _SHAPE.match(token):
        raise TokenNotValid
    try:
        header, _ = (_unique(part) for part in token.split(".")[:2])
        if set(header) != _HEADER or header["alg"] != ALGORITHM or header["typ"] != TYPE:
            raise TokenNotValid
        claims = jwt.decode(
            token,
            _key(header["kid"]),
            algorithms=[ALGORITHM],
            audience=settings.TOKEN_AUDIENCE,
            issuer=settings.TOKEN_ISSUER,
            leeway=_LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
        return _seconds(claims["exp"]), _principal(claims)
    except jwt.ExpiredSignatureError as error:
        raise TokenNotValid("The token has expired.") from error
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise TokenNotValid from error


def _unique(part: str) -> dict[str, Any]:
    """Return a part's JSON object; raises ValueError for a name that is there twice (RFC 7519, section 4)."""
    found = json.loads(base64url_decode(part), object_pairs_hook=_object)
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 (what a wrong token is, not a defect)
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs as a dictionary; raises ValueError when two have one name."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found


def _key(kid: object) -> jwt.PyJWK:
    """Return the key that the header names; raises TokenNotValid."""
    key = keys.public_key(kid) if isinstance(kid, str) else None
    if key is None:
        raise TokenNotValid
    return key


def _principal(claims: dict[str, Any]) -> Principal:
    """Return the principal that checked claims describe; raises ValueError for a wrong shape."""
    roles, epoch = claims["roles"], claims["epoch"]
    if claims["type"] != "access" or not _is_texts(roles) or type(epoch) is not int or epoch < 0:
        raise ValueError("not an access token")
    return Principal(id=_uuid(claims["sub"]), session_id=_uuid(claims["sid"]), roles=frozenset(roles), epoch=epoch)


def _seconds(value: object) -> int:
    """Return the time as whole epoch seconds, which is how we write it; raises ValueError for anything else."""
    if type(value) is not int:
        raise ValueError("not a time as we write it")
    return value


def _is_texts(value: object) -> bool:
    """Return whether the value is a list of texts."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _uuid(value: object) -> UUID:
    """Return the id in its one canonical spelling; raises ValueError for any other."""
    found = UUID(str(value))
    if str(found) != value:
        raise ValueError("not an id as we write it")
    return found


def _remembered(digest: bytes) -> Principal | None:
    """Return whom a token names that was verified before, until it expires."""
    expires_at, principal = _cache.get(digest, (0.0, None))
    return principal if expires_at > time.time() else None


def _remember(digest: bytes, expires_at: float, principal: Principal) -> None:
    """Keep a verified token, and drop the oldest beyond the bound."""
    with _cache_lock:
        _cache[digest] = (expires_at, principal)
        while len(_cache) > _CACHE_SIZE:
            _cache.popitem(last=False)
