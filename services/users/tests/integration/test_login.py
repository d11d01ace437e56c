"""Login: the answer, what stays secret, and how often one may try."""

from datetime import timedelta

import jwt
import pytest
from django.contrib.auth import hashers
from django.utils import timezone
from factories import PASSWORD, UserFactory

from shared.auth import tokens
from shared.auth.principal import Principal
from shared.testing import effort
from users.models import RefreshSession, RefreshToken, User
from users.services import passwords

pytestmark = pytest.mark.django_db


def login(api, email, password=PASSWORD, version="v2", **headers):
    return api(version=version).post("auth/login/", {"email": email, "password": password}, **headers)


def test_a_login_answers_tokens_that_the_services_accept(api, own_keys):
    user = UserFactory(is_staff=True)

    response = login(api, user.email.upper())

    body = response.json()
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert set(body) == {"access", "refresh", "token_type", "expires_in", "user"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert body["user"] == {
        "id": str(user.id),
        "email": user.email,
        "username": user.username,
        "user_type": "regular",
        "is_verified": False,
        "is_staff": True,
    }
    session = RefreshSession.objects.get()
    assert tokens.verify(body["access"]) == Principal(
        id=user.id, session_id=session.id, roles=frozenset({"staff"}), epoch=0
    )


def test_an_access_token_carries_the_designs_claims_and_nothing_personal(api):
    user = UserFactory()

    access = login(api, user.email).json()["access"]

    header = jwt.get_unverified_header(access)
    claims = jwt.decode(access, options={"verify_signature": False})
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": header["kid"]}
    assert set(claims) == {"iss", "aud", "sub", "sid", "jti", "iat", "exp", "type", "roles", "epoch"}
    assert claims["exp"] - claims["iat"] == 900
    assert (claims["sub"], claims["roles"], claims["type"]) == (str(user.id), [], "access")


def test_a_login_is_noted_and_only_hashes_are_kept(api):
    user = UserFactory()
    before = timezone.now()

    refresh = login(api, user.email).json()["refresh"]

    user.refresh_from_db()
    stored = RefreshToken.objects.get()
    session = RefreshSession.objects.get()
    assert before <= user.last_login_at <= timezone.now()
    assert len(bytes(stored.token_hash)) == 32
    assert refresh not in session.latest_sealed
    assert timedelta(days=6, hours=23) < session.expires_at - before <= timedelta(days=7, minutes=1)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_wrong_password_an_unknown_address_and_a_left_user_get_the_same_answer(api, version):
    known = UserFactory()
    gone = UserFactory(is_active=False, deactivated_at=timezone.now())

    answers = [
        login(api, known.email, "Wrong-Horse-7", version, X_Request_ID="same-request-id"),
        login(api, "nobody@shop.example", PASSWORD, version, X_Request_ID="same-request-id"),
        login(api, gone.email, PASSWORD, version, X_Request_ID="same-request-id"),
    ]

    assert {each.status_code for each in answers} == {401}
    assert len({each.content for each in answers}) == 1
    body = answers[0].json()
    assert (body["code"] if version == "v2" else body["error"]["code"]) == "authentication_failed"
    assert answers[0].headers["WWW-Authenticate"] == 'Bearer realm="plaza"'
    assert not RefreshSession.objects.exists()


def test_every_refused_login_hashes_once_at_the_same_cost(api, monkeypatch):
    known = UserFactory()
    checked = []
    real = hashers.check_password

    def spy(password, encoded, *args, **kwargs):
        checked.append(encoded.rpartition("$")[0].rpartition("$")[0])
        return real(password, encoded, *args, **kwargs)

    monkeypatch.setattr(hashers, "check_password", spy)
    login(api, known.email, "Wrong-Horse-7")
    login(api, "nobody@shop.example")

    assert checked == ["argon2$argon2id$v=19$m=64,t=1,p=1"] * 2


def test_an_unknown_address_costs_as_much_as_a_wrong_password(api, monkeypatch):
    known = UserFactory()
    hashed, real = [], passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda *args: hashed.append(1) or real(*args))
    costs = {}
    for _ in range(2):  # the first time everything is loaded, and the hash made that no password matches
        for email in (known.email, "nobody@shop.example"):
            hashed.clear()
            costs[email] = effort.calls(lambda email=email: login(api, email, "Wrong-Horse-7"))
            assert hashed == [1]

    wrong, unknown = costs.values()
    assert abs(unknown - wrong) / wrong < 0.05


@pytest.mark.parametrize("email", ["", "no address", 5, None, ["ann@shop.example"]])
def test_a_malformed_login_is_a_validation_error(api, email):
    response = api().post("auth/login/", {"email": email, "password": PASSWORD})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["email"]


def test_an_unknown_field_is_named(api):
    response = api().post("auth/login/", {"email": "a@b.example", "password": "x", "otp": "1"})

    assert response.json()["errors"] == {"otp": ["Unknown field."]}


def test_a_hash_of_another_cost_is_renewed_by_the_login(api, settings):
    user = UserFactory()
    settings.PASSWORD_MEMORY_KIB = 128

    assert login(api, user.email).status_code == 200

    user.refresh_from_db()
    assert "$m=128," in user.password
    assert login(api, user.email).status_code == 200


def test_a_user_who_leaves_during_the_login_gets_no_token(api, monkeypatch):
    user = UserFactory()
    real = passwords.is_outdated

    def leaving(encoded):
        User.objects.filter(id=user.id).update(is_active=False, deactivated_at=timezone.now())
        return real(encoded)

    monkeypatch.setattr(passwords, "is_outdated", leaving)

    assert login(api, user.email).status_code == 401
    assert not RefreshSession.objects.exists()


def test_a_stale_token_does_not_keep_anybody_from_logging_in(api):
    assert login(api, UserFactory().email, Authorization="Bearer stale").status_code == 200


def test_a_login_takes_four_queries(api, django_assert_num_queries):
    user = UserFactory()
    login(api, user.email)  # reads the signing key

    # account; savepoint, last login, family, token, end of the savepoint
    with django_assert_num_queries(6):
        login(api, user.email)
