"""Access tokens that somebody made up, changed or kept too long, for every service's own protected route.

A suite runs `outcome(name, ask)` for each of FORGERIES and compares it with REFUSED, and sees that CONTROLS pass
(RFC 8725; signed with the test key where the forgery is in the content, not in the signature).
"""

import base64
import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from jwt.algorithms import ECAlgorithm

from shared.auth import subjects
from shared.auth.tokens import ALGORITHM, TYPE
from shared.db.models import uuid7
from shared.testing import tokens

Forge = Callable[[UUID], str]
Ask = Callable[[str], HttpResponse]

_HOUR = 3600
_HEADER = {"alg": ALGORITHM, "typ": TYPE, "kid": tokens.KID}
_REQUIRED = ("iss", "aud", "sub", "sid", "jti", "iat", "exp", "type", "roles", "epoch")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a service did with a token: its answer, and what must not have happened beside it."""

    status: int
    code: str
    writes: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()


REFUSED = Outcome(status=401, code="token_not_valid")


class _Complaints(logging.Handler):
    """Collects error lines and tracebacks."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what a forged token must not cause."""
        if record.levelno >= logging.ERROR or record.exc_info:
            self.seen.append(record.getMessage())


def outcome(name: str, ask: Ask) -> Outcome:
    """Send a forged token to a service.

    Args:
        name: one of FORGERIES.
        ask: sends a request of version 2 with the given bearer token to a protected route.
    """
    token = FORGERIES[name](uuid7())
    complaints = _Complaints()
    logging.getLogger().addHandler(complaints)
    try:
        with CaptureQueriesContext(connection) as queries:
            answer = ask(token)
    finally:
        logging.getLogger().removeHandler(complaints)
    writes = [query["sql"] for query in queries if not query["sql"].lstrip("( ").upper().startswith("SELECT")]
    return Outcome(
        status=answer.status_code,
        code=json.loads(answer.content).get("code", ""),
        writes=tuple(writes),
        complaints=tuple(complaints.seen),
    )


def part(content: dict[str, Any] | bytes) -> str:
    """Return one part of a token."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def signed(header: dict[str, Any] | bytes, content: dict[str, Any] | bytes, key: Any = tokens.key) -> str:
    """Return a token whose signature is right, whatever it says."""
    unsigned = f"{part(header)}.{part(content)}"
    return f"{unsigned}.{part(ECAlgorithm(ECAlgorithm.SHA256).sign(unsigned.encode(), key))}"


def _header(**changes: Any) -> Forge:
    """Return a forgery with another header."""
    return lambda user: signed(_HEADER | changes, tokens.claims(user))


def _claims(**changes: Any) -> Forge:
    """Return a forgery with other claims."""
    return lambda user: signed(_HEADER, tokens.claims(user) | changes)


def _moved(**seconds: int) -> Forge:
    """Return a forgery whose times are that many seconds from now."""

    def forge(user: UUID) -> str:
        now = int(time.time())
        return signed(_HEADER, tokens.claims(user) | {name: now + move for name, move in seconds.items()})

    return forge


def _without(claim: str) -> Forge:
    """Return a forgery that lacks a claim."""
    return lambda user: signed(_HEADER, {name: v for name, v in tokens.claims(user).items() if name != claim})


def _unsigned(algorithm: str) -> Forge:
    """Return a forgery without a signature."""
    return lambda user: f"{part(_HEADER | {'alg': algorithm})}.{part(tokens.claims(user))}."


def _hmac(user: UUID) -> str:
    """Sign with the published key as the secret of a symmetric algorithm."""
    pem = tokens.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    unsigned = f"{part(_HEADER | {'alg': 'HS256'})}.{part(tokens.claims(user))}"
    return f"{unsigned}.{part(hmac.new(pem, unsigned.encode(), hashlib.sha256).digest())}"


def _own_key(user: UUID, **header: Any) -> str:
    """Sign with a key of one's own."""
    return signed(_HEADER | header, tokens.claims(user), ec.generate_private_key(ec.SECP256R1()))


def _brought_key(user: UUID) -> str:
    """Sign with a key of one's own, and bring it along."""
    own = ec.generate_private_key(ec.SECP256R1())
    jwk = ECAlgorithm.to_jwk(own.public_key(), as_dict=True)
    return signed(_HEADER | {"jwk": jwk}, tokens.claims(user), own)


def _changed(user: UUID) -> str:
    """Make oneself staff under a good signature."""
    head, _, signature = tokens.token(user).split(".")
    return f"{head}.{part(tokens.claims(user, roles=['staff']))}.{signature}"


def _twice(user: UUID) -> str:
    """Name the subject twice."""
    return signed(_HEADER, json.dumps(tokens.claims(user)).replace("{", f'{{"sub": "{uuid7()}", ', 1).encode())


def _deactivated(user: UUID) -> str:
    """Use a good token after the user was deactivated."""
    subjects.deactivate(user)
    subjects.forget_cache()
    return tokens.token(user)


def _ended(user: UUID) -> str:
    """Use a good token after its session was ended."""
    session = uuid7()
    subjects.revoke_session(session)
    subjects.forget_cache()
    return tokens.token(user, sid=str(session))


def _earlier(user: UUID) -> str:
    """Use a good token of an earlier epoch."""
    subjects.revoke(user, epoch=2)
    subjects.forget_cache()
    return tokens.token(user, epoch=1)


# Every id has a digit: that of its version.
_OTHER_DIGITS = {ord(digit): 0xFF10 + int(digit) for digit in "0123456789"}

FORGERIES: dict[str, Forge] = {
    "nonsense": lambda _: "nonsense",
    "three letters": lambda _: "a.b.c",
    "ten thousand letters": lambda _: "x" * 10_000,
    "alg none": _unsigned("none"),
    "alg None": _unsigned("None"),
    "alg of another curve": _header(alg="ES384"),
    "HS256 with the public key": _hmac,
    "another key under our kid": _own_key,
    "a key in the header": _brought_key,
    "the address of a key in the header": lambda user: _own_key(user, jku="https://evil.example/keys"),
    "the address of a certificate in the header": lambda user: _own_key(user, x5u="https://evil.example/x"),
    "an address beside a good signature": _header(jku="https://evil.example/keys"),
    "something critical in the header": _header(crit=["exp"]),
    "unknown kid": _header(kid="unknown"),
    "kid that is a path": _header(kid="../../dev/null"),
    "kid that is SQL": _header(kid="' OR 1=1 --"),
    "kid of 10 KiB": _header(kid="x" * 10_240),
    "kid that is a number": _header(kid=7),
    "kid that is a list": _header(kid=[tokens.KID]),
    "no kid": lambda user: signed({"alg": ALGORITHM, "typ": TYPE}, tokens.claims(user)),
    "another typ": _header(typ="JWT"),
    "header that is a list": lambda user: signed(b"[]", tokens.claims(user)),
    "alg named twice": lambda user: signed(
        f'{{"alg":"none","alg":"{ALGORITHM}","typ":"{TYPE}","kid":"{tokens.KID}"}}'.encode(), tokens.claims(user)
    ),
    "deeply nested header": lambda user: signed(b'{"a":' * 500 + b"1" + b"}" * 500, tokens.claims(user)),
    "deeply nested claims": lambda _: f"{part(_HEADER)}.{part(b'[' * 2500)}.AA",
    "expired beyond the leeway": _moved(iat=-_HOUR, exp=-31),
    "issued in the future": _moved(iat=_HOUR),
    "not yet valid": _moved(nbf=_HOUR),
    "expiry without end": _claims(exp=float("inf")),
    "expiry as text": _claims(exp="9999999999"),
    "another issuer": _claims(iss="evil"),
    "another audience": _claims(aud="elsewhere"),
    "audiences without us": _claims(aud=["elsewhere", "evil"]),
    **{f"without {claim}": _without(claim) for claim in _REQUIRED},
    "refresh as access": lambda _: secrets.token_urlsafe(32),
    "a refresh token's type": _claims(type="refresh"),
    "subject in other letters": _claims(sub="\u0430dmin"),
    "subject in other digits": lambda user: _claims(sub=str(user).translate(_OTHER_DIGITS))(user),
    "subject that is no id": _claims(sub="admin"),
    "subject in another spelling": lambda user: _claims(sub=f"{{{user}}}")(user),
    "session that is no id": _claims(sid="1"),
    "epoch that is true": _claims(epoch=True),
    "epoch as text": _claims(epoch="1"),
    "roles as text": _claims(roles="staff"),
    "roles that are no texts": _claims(roles=[["staff"]]),
    "subject named twice": _twice,
    "claims that are a list": lambda _: signed(_HEADER, b"[]"),
    "changed claims": _changed,
    "truncated signature": lambda user: tokens.token(user)[:-8],
    "no signature": lambda user: tokens.token(user).rsplit(".", 1)[0] + ".",
    "white space before": lambda user: " " + tokens.token(user),
    "white space behind": lambda user: tokens.token(user) + " ",
    "white space within": lambda user: tokens.token(user)[:-4] + " " + tokens.token(user)[-4:],
    "a line's end behind": lambda user: tokens.token(user) + "\n",
    "a tab in the signature": lambda user: (good := tokens.token(user))[:-4] + "\t" + good[-4:],
    "filling behind": lambda user: tokens.token(user) + "==",
    "deactivated user": _deactivated,
    "ended session": _ended,
    "earlier epoch": _earlier,
}

CONTROLS: dict[str, Forge] = {
    "a good token": tokens.token,
    "signed by hand": lambda user: signed(_HEADER, tokens.claims(user)),
    "expired within the leeway": _moved(iat=-_HOUR, exp=-20),
    "several audiences, ours among them": _claims(aud=["elsewhere", "plaza"]),
}
