"""Signing access tokens (RFC 9068: `typ: at+jwt`), and the opaque refresh tokens."""

import hashlib
import secrets
import uuid
from datetime import datetime
from uuid import UUID

import jwt
from django.conf import settings

from shared.auth.principal import STAFF
from shared.auth.tokens import ALGORITHM, TYPE
from users.domain.tokens import ACCESS_LIFETIME
from users.models import User
from users.services import keys


def access(user: User, *, session_id: UUID, now: datetime) -> str:
    """Return a signed access token of 15 minutes for the user's session."""
    signer = keys.signer(now=now)
    issued = int(now.timestamp())
    claims = {
        "iss": settings.TOKEN_ISSUER,
        "aud": settings.TOKEN_AUDIENCE,
        "sub": str(user.id),
        "sid": str(session_id),
        "jti": str(uuid.uuid4()),
        "iat": issued,
        "exp": issued + int(ACCESS_LIFETIME.total_seconds()),
        "type": "access",
        "roles": [STAFF] if user.is_staff else [],
        "epoch": user.epoch,
    }
    headers = {"kid": signer.kid, "typ": TYPE}
    return jwt.encode(claims, signer.private_key, algorithm=ALGORITHM, headers=headers)


def new_refresh() -> str:
    """Return a new refresh token: 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(refresh: str) -> bytes:
    """Return the hash under which a refresh token is stored; its entropy makes a slow hash pointless."""
    return hashlib.sha256(refresh.encode()).digest()
