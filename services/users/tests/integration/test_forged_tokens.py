"""Access tokens that somebody made up or kept too long: 401 in the right shape, never more (RFC 8725)."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.utils import timezone
from factories import PASSWORD, UserFactory

from users.models import User
from users.services import keys

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_keys")]


def ask(token, version="v2"):
    return Client().get(f"/api/{version}/users/me/", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def good(api, user):
    return api().post("auth/login/", {"email": user.email, "password": PASSWORD}).json()["access"]


def claims_of(token, **changes):
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims, *, key=None, algorithm="ES256", **headers):
    signer = keys.signer(now=timezone.now())
    headers = {"kid": signer.kid, "typ": "at+jwt"} | headers
    return jwt.encode(claims, key or signer.private_key, algorithm=algorithm, headers=headers)


def raw(header, claims, signature=b""):
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def public_pem():
    public = keys.signer(now=timezone.now()).private_key.public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def hmac_signed(claims):
    """Sign with HS256 and the public key as the secret, which PyJWT itself refuses to do."""
    import hashlib
    import hmac

    unsigned = raw({"alg": "HS256", "typ": "at+jwt", "kid": keys.signer(now=timezone.now()).kid}, claims)
    unsigned = unsigned.rsplit(".", 1)[0]
    digest = hmac.new(public_pem(), unsigned.encode(), hashlib.sha256).digest()
    return f"{unsigned}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def jwk_in_header(token):
    own = ec.generate_private_key(ec.SECP256R1())
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(own.public_key(), as_dict=True)
    return signed(claims_of(token), key=own, jwk=jwk)


NOW = int(time.time())
FORGERIES = {
    "nothing": lambda _: "",
    "no token": lambda _: "nonsense",
    "alg none": lambda t: raw({"alg": "none", "typ": "at+jwt", "kid": "x"}, claims_of(t)),
    "alg None": lambda t: raw({"alg": "None", "typ": "at+jwt", "kid": "x"}, claims_of(t)),
    "HS256 with the public key": lambda t: hmac_signed(claims_of(t)),
    "another key under our kid": lambda t: signed(claims_of(t), key=ec.generate_private_key(ec.SECP256R1())),
    "another curve": lambda t: signed(claims_of(t), key=ec.generate_private_key(ec.SECP384R1()), algorithm="ES384"),
    "a key in the header": jwk_in_header,
    "an unknown kid": lambda t: signed(claims_of(t), kid="unknown"),
    "a path as kid": lambda t: signed(claims_of(t), kid="../../dev/null"),
    "SQL as kid": lambda t: signed(claims_of(t), kid="' OR 1=1 --"),
    "a huge kid": lambda t: signed(claims_of(t), kid="x" * 10_240),
    "expired": lambda t: signed(claims_of(t, iat=NOW - 2000, exp=NOW - 1000)),
    "not yet valid": lambda t: signed(claims_of(t, nbf=NOW + 3600)),
    "issued in the future": lambda t: signed(claims_of(t, iat=NOW + 3600)),
    "another issuer": lambda t: signed(claims_of(t, iss="elsewhere")),
    "another audience": lambda t: signed(claims_of(t, aud="elsewhere")),
    "no audience": lambda t: signed(claims_of(t, aud=None)),
    "no expiry": lambda t: signed(claims_of(t, exp=None)),
    "no epoch": lambda t: signed(claims_of(t, epoch=None)),
    "no roles": lambda t: signed(claims_of(t, roles=None)),
    "roles as text": lambda t: signed(claims_of(t, roles="staff")),
    "a refresh token's type": lambda t: signed(claims_of(t, type="refresh")),
    "another typ": lambda t: signed(claims_of(t), typ="JWT"),
    "a subject that is no id": lambda t: signed(claims_of(t, sub="\u0430dmin")),
    "a changed payload": lambda t: ".".join(
        [t.split(".")[0], raw({}, claims_of(t, roles=["staff"])).split(".")[1], t.split(".")[2]]
    ),
    "a cut signature": lambda t: t[:-4],
    "no signature": lambda t: t.rsplit(".", 1)[0] + ".",
    "white space": lambda t: f"{t} x",
    "ten thousand letters": lambda _: "x" * 10_000,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_token_is_refused_in_both_shapes(good, forge):
    token = forge(good)

    v2, v1 = ask(token), ask(token, "v1")

    assert (v2.status_code, v1.status_code) == (401, 401)
    assert v2.headers["Content-Type"] == "application/problem+json"
    assert v2.json()["code"] == v1.json()["error"]["code"] == "token_not_valid"
    assert v2.headers["WWW-Authenticate"] == 'Bearer realm="plaza"'


def test_the_unforged_token_is_accepted(good, user):
    assert ask(good).json()["id"] == str(user.id)
    assert ask(signed(claims_of(good))).status_code == 200


def test_a_refresh_token_is_no_access_token(api, user):
    refresh = api().post("auth/login/", {"email": user.email, "password": PASSWORD}).json()["refresh"]

    assert ask(refresh).status_code == 401


def test_without_a_token_nobody_is_known():
    for version in ("v1", "v2"):
        response = Client().get(f"/api/{version}/users/me/")
        body = response.json()
        assert response.status_code == 401
        assert (body["code"] if version == "v2" else body["error"]["code"]) == "not_authenticated"


def test_a_token_of_a_deactivated_user_is_refused_at_once(good, user, monkeypatch):
    from shared.auth import subjects

    assert ask(good).status_code == 200
    Client().delete("/api/v2/users/me/", headers={"Authorization": f"Bearer {good}"})
    subjects.forget_cache()

    assert ask(good).status_code == 401


def test_a_token_of_a_user_that_never_was_shows_nothing(good):
    stranger = "01a20303-0f0f-751b-8634-5a2675d83611"
    assert not User.objects.filter(id=stranger).exists()

    assert ask(signed(claims_of(good, sub=stranger))).status_code == 404
