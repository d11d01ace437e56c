"""Verifying access tokens (RFC 8725): one algorithm, every claim required, the key chosen by id from our own set."""

import hashlib
import threading
import time
from collections import OrderedDict
from uuid import UUID

import jwt
from django.conf import settings

from shared.auth import keys, subjects
from shared.auth.principal import Principal
from shared.errors import TokenNotValid

ALGORITHM = "ES256"
TYPE = "at+jwt"
_LEEWAY_SECONDS = 30
_LONGEST_TOKEN = 4096
_REQUIRED = ["iss", "aud", "sub", "jti", "iat", "exp", "type", "roles", "epoch"]

_CACHE_SIZE = 10_000
_cache: "OrderedDict[bytes, tuple[float, Principal]]" = OrderedDict()
_cache_lock = threading.Lock()


def verify(token: str) -> Principal:
    """Return whom an access token names; raises TokenNotValid.

    A verified token is remembered by its hash until it expires; revocation is looked up each time.
    """
    digest = hashlib.sha256(token.encode()).digest()
    cached = _cache.get(digest)
    if cached is not None and cached[0] > time.time():
        principal = cached[1]
    else:
        expires_at, principal = _decode(token)
        _remember(digest, expires_at, principal)
    if subjects.is_revoked(principal):
        raise TokenNotValid("The token has been revoked.")
    return principal


def _decode(token: str) -> tuple[float, Principal]:
    """Check signature and claims; returns the time of expiry (epoch seconds) and the principal."""
    if len(token) > _LONGEST_TOKEN:
        raise TokenNotValid
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") != ALGORITHM or header.get("typ") != TYPE:
            raise TokenNotValid
        claims = jwt.decode(
            token,
            _key(header.get("kid")),
            algorithms=[ALGORITHM],
            audience=settings.TOKEN_AUDIENCE,
            issuer=settings.TOKEN_ISSUER,
            leeway=_LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
        return claims["exp"], _principal(claims)
    except jwt.ExpiredSignatureError as error:
        raise TokenNotValid("The token has expired.") from error
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise TokenNotValid from error


def _key(kid: object) -> jwt.PyJWK:
    """Return the key that the header names; raises TokenNotValid."""
    key = keys.public_key(kid) if isinstance(kid, str) else None
    if key is None:
        raise TokenNotValid
    return key


def _principal(claims: dict[str, object]) -> Principal:
    """Return the principal that checked claims describe; raises ValueError for a wrong shape."""
    roles, epoch = claims["roles"], claims["epoch"]
    if claims["type"] != "access" or not isinstance(roles, list) or not isinstance(epoch, int):
        raise ValueError("not an access token")
    return Principal(id=UUID(str(claims["sub"])), roles=frozenset(map(str, roles)), epoch=epoch)


def _remember(digest: bytes, expires_at: float, principal: Principal) -> None:
    """Keep a verified token, and drop the oldest beyond the bound."""
    with _cache_lock:
        _cache[digest] = (expires_at, principal)
        while len(_cache) > _CACHE_SIZE:
            _cache.popitem(last=False)
