"""Access tokens that somebody made up or kept too long: 401 in the right shape, never more (RFC 8725)."""

import pytest
from django.test import Client
from factories import PASSWORD, UserFactory

from shared.auth import subjects
from shared.auth.tokens import ALGORITHM, TYPE
from shared.testing import forgeries, tokens
from users.models import User

pytestmark = pytest.mark.django_db


def ask(token, version="v2"):
    return Client().get(f"/api/{version}/users/me/", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def session(api, user):
    return api().post("auth/login/", {"email": user.email, "password": PASSWORD}).json()


@pytest.mark.parametrize("name", forgeries.FORGERIES)
def test_a_forged_token_is_refused(name):
    assert forgeries.outcome(name, ask) == forgeries.REFUSED


@pytest.mark.parametrize("name", forgeries.CONTROLS)
def test_an_honest_token_is_accepted(name, user):
    assert ask(forgeries.CONTROLS[name](user.id)).json()["id"] == str(user.id)


def test_a_refusal_has_each_versions_shape():
    v2, v1 = ask("nonsense"), ask("nonsense", "v1")

    assert (v2.status_code, v1.status_code) == (401, 401)
    assert v2.headers["Content-Type"] == "application/problem+json"
    assert v2.json()["code"] == v1.json()["error"]["code"] == "token_not_valid"
    assert v2.headers["WWW-Authenticate"] == 'Bearer realm="plaza"'


@pytest.mark.usefixtures("own_keys")
def test_a_token_from_the_login_is_accepted_and_one_of_another_issuers_key_is_not(session, user):
    assert ask(session["access"]).json()["id"] == str(user.id)
    assert ask(tokens.token(user.id)).status_code == 401


@pytest.mark.usefixtures("own_keys")
def test_a_refresh_token_is_no_access_token(session):
    assert ask(session["refresh"]).status_code == 401


def test_an_access_token_is_no_refresh_token(api, session):
    response = api().post("auth/refresh/", {"refresh": session["access"]})

    assert (response.status_code, response.json()["code"]) == (401, "token_not_valid")


def test_an_empty_token_is_refused():
    assert ask("").json()["code"] == "token_not_valid"


def test_without_a_token_nobody_is_known():
    for version in ("v1", "v2"):
        response = Client().get(f"/api/{version}/users/me/")
        body = response.json()
        assert response.status_code == 401
        assert (body["code"] if version == "v2" else body["error"]["code"]) == "not_authenticated"


@pytest.mark.usefixtures("own_keys")
def test_a_token_of_a_deactivated_user_is_refused_at_once(session):
    assert ask(session["access"]).status_code == 200
    Client().delete("/api/v2/users/me/", headers={"Authorization": f"Bearer {session['access']}"})
    subjects.forget_cache()

    assert ask(session["access"]).status_code == 401


def test_a_token_of_a_user_that_never_was_shows_nothing():
    stranger = "01a20303-0f0f-751b-8634-5a2675d83611"
    assert not User.objects.filter(id=stranger).exists()

    token = forgeries.signed({"alg": ALGORITHM, "typ": TYPE, "kid": tokens.KID}, tokens.claims(stranger))

    assert ask(token).status_code == 404
