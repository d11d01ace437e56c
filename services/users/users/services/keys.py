"""The keys that sign access tokens: made, published, used, retired."""

import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection, transaction

from shared.auth.tokens import ALGORITHM
from shared.db import sealed
from shared.db.locks import lock_id
from users.domain.keys import KeyState, may_sign
from users.models import SigningKey
from users.selectors import keys as key_selectors

_TTL_SECONDS = 60.0  # how long a process keeps signing with a key that another has retired; JWKS shows it longer


@dataclass(frozen=True, kw_only=True)
class Signer:
    """The key that signs now, ready for use."""

    kid: str
    private_key: ec.EllipticCurvePrivateKey


_lock = threading.Lock()
_signer: Signer | None = None
_read_at = float("-inf")


def signer(*, now: datetime) -> Signer:
    """Return the key to sign with; makes the very first one when there is none."""
    global _signer, _read_at
    if _signer is not None and time.monotonic() - _read_at < _TTL_SECONDS:
        return _signer
    with _lock:
        found = key_selectors.signing() or ensure(now=now)
        key = serialization.load_pem_private_key(sealed.unseal(found.private_pem_sealed).encode(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 (ours are)
        _signer, _read_at = Signer(kid=found.kid, private_key=key), time.monotonic()
        return _signer


def forget() -> None:
    """Read the signing key again at the next use."""
    global _read_at  # noqa: PLW0603 (one cache for the process)
    _read_at = float("-inf")


def ensure(*, now: datetime) -> SigningKey:
    """Return the signing key, made now if there is none; processes that start together make one."""
    with transaction.atomic():
        _one_at_a_time()
        return key_selectors.signing() or _make(KeyState.SIGNING, now=now)


def rotate(*, now: datetime) -> dict[KeyState, str | None]:
    """Move each key one step on: publish a next one, or let the published one sign and retire the old.

    Run it twice, ten minutes apart or more, for a whole rotation; running it more often changes nothing.

    Returns:
        The kid that is published and not yet signing, the one that signs, the one retired just now.
    """
    with transaction.atomic():
        _one_at_a_time()
        old = key_selectors.signing() or _make(KeyState.SIGNING, now=now)
        waiting = SigningKey.objects.filter(state=KeyState.PUBLISHED).first()
        if waiting is None:
            waiting = _make(KeyState.PUBLISHED, now=now)
        elif may_sign(published_at=waiting.published_at, now=now):
            _retire(old, now=now)
            SigningKey.objects.filter(kid=waiting.kid).update(state=KeyState.SIGNING)
            return {KeyState.PUBLISHED: None, KeyState.SIGNING: waiting.kid, KeyState.RETIRED: old.kid}
    return {KeyState.PUBLISHED: waiting.kid, KeyState.SIGNING: old.kid, KeyState.RETIRED: None}


def _retire(key: SigningKey, *, now: datetime) -> None:
    """Stop signing with a key: its private half is erased, its public half stays for a while."""
    SigningKey.objects.filter(kid=key.kid).update(state=KeyState.RETIRED, retired_at=now, private_pem_sealed="")


def _one_at_a_time() -> None:
    """Let only one transaction at a time change the keys."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_id("signing-keys")])


def _make(state: KeyState, *, now: datetime) -> SigningKey:
    """Make and store a key pair."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    kid = f"{now:%Y%m%d}-{secrets.token_hex(8)}"
    public = jwt.algorithms.ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return SigningKey.objects.create(
        kid=kid,
        public_jwk={**public, "kid": kid, "alg": ALGORITHM, "use": "sig"},
        private_pem_sealed=sealed.seal(pem.decode()),
        state=state,
        published_at=now,
    )
