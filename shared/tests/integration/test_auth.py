"""Tokens are verified offline and strictly; revocation takes effect within a second; keys are fetched sparingly."""

import base64
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.auth import keys, subjects, tokens
from shared.auth.principal import Principal
from shared.errors import TokenNotValid
from shared.testing import tokens as signing

pytestmark = pytest.mark.django_db

USER = uuid.uuid4()


def test_a_good_token_names_its_user():
    principal = tokens.verify(signing.token(USER, roles=["staff"], epoch=3))

    assert (principal.id, principal.is_staff, principal.epoch, principal.pk) == (USER, True, 3, USER)


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forged(header=None, key=None, algorithm="ES256", **changes):
    claims = jwt.decode(signing.token(USER, **changes), options={"verify_signature": False})
    headers = {"kid": signing.KID, "typ": tokens.TYPE, **(header or {})}
    return jwt.encode(claims, key or signing._key, algorithm=algorithm, headers=headers)


def unsigned(algorithm):
    claims = jwt.decode(signing.token(USER), options={"verify_signature": False})
    return f"{part({'alg': algorithm, 'kid': signing.KID, 'typ': tokens.TYPE})}.{part(claims)}."


def signed_with_the_public_key():
    public = signing._key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return forged(key=public + b"-" * 32, algorithm="HS256")


def signed_with_another_key():
    return forged(key=ec.generate_private_key(ec.SECP256R1()))


NOW = int(time.time())
FORGERIES = {
    "nothing": lambda: "",
    "nonsense": lambda: "a.b.c",
    "alg none": lambda: unsigned("none"),
    "alg None": lambda: unsigned("None"),
    "HS256 with the public key": signed_with_the_public_key,
    "another key under our kid": signed_with_another_key,
    "kid that is a path": lambda: forged({"kid": "../../dev/null"}),
    "kid that is SQL": lambda: forged({"kid": "' OR 1=1 --"}),
    "kid of 10 KiB": lambda: forged({"kid": "x" * 10_240}),
    "unknown kid": lambda: forged({"kid": "other"}),
    "another type": lambda: forged({"typ": "JWT"}),
    "expired": lambda: forged(exp=NOW - 60),
    "issued in the future": lambda: forged(iat=NOW + 600),
    "wrong issuer": lambda: forged(iss="evil"),
    "wrong audience": lambda: forged(aud="other"),
    "refresh as access": lambda: forged(type="refresh"),
    "subject that is no id": lambda: forged(sub="admin"),
    "roles that are no list": lambda: forged_claims(roles="staff"),
    "epoch that is no number": lambda: forged_claims(epoch="high"),
    "truncated signature": lambda: signing.token(USER)[:-8],
    "white space": lambda: " " + signing.token(USER),
}


def forged_claims(**changes):
    claims = {**jwt.decode(signing.token(USER), options={"verify_signature": False}), **changes}
    return jwt.encode(claims, signing._key, algorithm="ES256", headers={"kid": signing.KID, "typ": tokens.TYPE})


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_token_is_refused(name):
    with pytest.raises(TokenNotValid):
        tokens.verify(FORGERIES[name]())


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "jti", "iat", "exp", "type", "roles", "epoch"])
def test_a_token_without_a_claim_is_refused(claim):
    claims = jwt.decode(signing.token(USER), options={"verify_signature": False})
    del claims[claim]

    with pytest.raises(TokenNotValid):
        tokens.verify(
            jwt.encode(claims, signing._key, algorithm="ES256", headers={"kid": signing.KID, "typ": tokens.TYPE})
        )


def test_a_verified_token_is_not_verified_again_and_the_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(tokens, "_CACHE_SIZE", 2)
    tokens._cache.clear()
    good = signing.token(USER)
    tokens.verify(good)
    monkeypatch.setattr(tokens.jwt, "decode", None)
    assert tokens.verify(good).id == USER
    monkeypatch.undo()
    monkeypatch.setattr(tokens, "_CACHE_SIZE", 2)
    for _ in range(3):
        tokens.verify(signing.token(uuid.uuid4()))
    assert len(tokens._cache) == 2


def test_a_remembered_token_expires(monkeypatch):
    good = signing.token(USER, exp=int(time.time()) + 1)
    tokens.verify(good)
    monkeypatch.setattr(tokens, "_LEEWAY_SECONDS", 0)
    time.sleep(1.1)

    with pytest.raises(TokenNotValid):
        tokens.verify(good)


def test_a_deactivated_user_is_refused_with_a_token_verified_before():
    good = signing.token(USER)
    tokens.verify(good)
    subjects.register(USER)
    subjects.deactivate(USER)
    subjects.forget_cache()

    with pytest.raises(TokenNotValid, match="revoked"):
        tokens.verify(good)
    assert subjects.is_deactivated(USER)
    assert not subjects.is_deactivated(uuid.uuid4())


def test_a_deactivation_that_comes_before_the_registration_stays():
    subjects.deactivate(USER)
    subjects.register(USER)

    assert subjects.is_deactivated(USER)


def test_only_tokens_of_earlier_epochs_are_revoked():
    subjects.revoke(USER, epoch=2)
    subjects.revoke(USER, epoch=1)
    subjects.forget_cache()

    revoked = [subjects.is_revoked(Principal(id=USER, epoch=epoch)) for epoch in (0, 1, 2, 3)]

    assert revoked == [True, True, False, False]
    assert not subjects.is_revoked(Principal(id=uuid.uuid4()))


@pytest.fixture
def source(settings):
    """A JWKS endpoint over HTTP that counts its visits and can fail."""
    state = {"visits": 0, "status": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            state["visits"] += 1
            self.send_response(state["status"])
            self.end_headers()
            self.wfile.write(json.dumps(signing.jwks()).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.JWKS_PROVIDER = None
    settings.JWKS_URL = f"http://127.0.0.1:{server.server_port}/jwks.json"
    keys.forget()
    yield state
    server.shutdown()
    server.server_close()


def test_keys_are_fetched_once(source):
    for _ in range(5):
        assert keys.public_key(signing.KID) is not None
    assert source["visits"] == 1


def test_an_unknown_kid_asks_again_at_most_every_thirty_seconds(source, monkeypatch):
    keys.public_key(signing.KID)
    for number in range(10):
        assert keys.public_key(f"unknown-{number}") is None
    assert source["visits"] == 1

    monkeypatch.setattr(keys, "_REFETCH_SECONDS", 0.0)
    keys.public_key("unknown")
    assert source["visits"] == 2


def test_stale_keys_serve_while_their_source_is_down(source, monkeypatch):
    keys.public_key(signing.KID)
    source["status"] = 500
    monkeypatch.setattr(keys, "_TTL_SECONDS", 0.0)
    monkeypatch.setattr(keys, "_REFETCH_SECONDS", 0.0)

    assert keys.public_key(signing.KID) is not None
    assert source["visits"] == 2
