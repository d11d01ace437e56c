"""Signing access tokens in tests, with a key that the services trust only there."""

import time
import uuid
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from shared.auth.tokens import ALGORITHM, TYPE

KID = "test-key"
key = ec.generate_private_key(ec.SECP256R1())


def jwks() -> dict[str, Any]:
    """Return the key set with the test key (settings.JWKS_PROVIDER under pytest)."""
    public = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"keys": [{**public, "kid": KID, "alg": ALGORITHM, "use": "sig"}]}


def claims(user_id: UUID, *, roles: Iterable[str] = (), epoch: int = 0, **changes: Any) -> dict[str, Any]:
    """Return the claims of a good access token; `changes` replace some, to forge wrong ones."""
    now = int(time.time())
    good = {
        "iss": settings.TOKEN_ISSUER,
        "aud": settings.TOKEN_AUDIENCE,
        "sub": str(user_id),
        "sid": str(uuid.uuid4()),
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + 900,
        "type": "access",
        "roles": sorted(roles),
        "epoch": epoch,
    }
    return good | changes


def token(user_id: UUID, *, roles: Iterable[str] = (), epoch: int = 0, **changes: Any) -> str:
    """Return a signed access token; `changes` replace claims, to forge wrong ones."""
    content = claims(user_id, roles=roles, epoch=epoch, **changes)
    return jwt.encode(content, key, algorithm=ALGORITHM, headers={"kid": KID, "typ": TYPE})
