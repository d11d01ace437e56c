"""Changing the password, and proving that an address is one's own."""

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone
from factories import PASSWORD

from shared.auth import subjects
from shared.db.models import uuid7
from users.models import User
from users.services import accounts, credentials

pytestmark = pytest.mark.django_db


def test_a_new_password_ends_every_session(api, user):
    old = api().post("auth/login/", {"email": user.email, "password": PASSWORD}).json()
    body = {
        "current_password": PASSWORD,
        "new_password": "Better-Horse-8",
        "new_password_confirm": "Better-Horse-8",
    }

    response = api(user.id).post("auth/password/change/", body)

    subjects.forget_cache()
    assert (response.status_code, response.content) == (204, b"")
    assert api(user.id).get("users/me/").status_code == 401  # its epoch is the old one
    assert api().post("auth/refresh/", {"refresh": old["refresh"]}).status_code == 401
    assert api().post("auth/login/", {"email": user.email, "password": PASSWORD}).status_code == 401
    again = api().post("auth/login/", {"email": user.email, "password": "Better-Horse-8"})
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"current_password": "Wrong-Horse-7"}, "current_password"),
        ({"new_password": "weak", "new_password_confirm": "weak"}, "new_password"),
        ({"new_password_confirm": "Other-Horse-9"}, "new_password_confirm"),
        ({"email": "x"}, "email"),
    ],
)
def test_a_refused_change_keeps_the_password(api, user, change, field):
    body = {
        "current_password": PASSWORD,
        "new_password": "Better-Horse-8",
        "new_password_confirm": "Better-Horse-8",
    } | change

    response = api(user.id).post("auth/password/change/", body)

    before = user.password
    user.refresh_from_db()
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert (user.password, user.epoch) == (before, 0)


def test_guessing_the_current_password_is_throttled(api, user, settings):
    settings.LOGIN_RATE = "2/h"
    body = {"current_password": "x", "new_password": "y", "new_password_confirm": "y"}

    client = f"client-{uuid7()}"
    statuses = [api(user.id).post("auth/password/change/", body, X_Forwarded_For=client).status_code for _ in range(3)]

    assert statuses == [400, 400, 429]


def test_a_password_that_changed_meanwhile_is_not_changed_again(user, monkeypatch):
    real = credentials.passwords.hashed

    def meanwhile(password):
        User.objects.filter(id=user.id).update(epoch=1)
        return real(password)

    monkeypatch.setattr(credentials.passwords, "hashed", meanwhile)
    with pytest.raises(credentials.InvalidInput):
        credentials.password_change(user_id=user.id, current=PASSWORD, new="Better-Horse-8", now=timezone.now())
    user.refresh_from_db()
    assert user.epoch == 1


def test_a_password_of_nobody_cannot_be_changed():
    with pytest.raises(credentials.users.NoSuchUser):
        credentials.password_change(user_id=uuid7(), current="a", new="b", now=timezone.now())


def verify(api, token):
    return api().post("auth/verify-email/", {"token": token})


def test_the_mailed_token_verifies_the_address_and_may_be_repeated(api, user):
    token = accounts.verification_token(user_id=user.id, email=user.email)

    assert user.email not in token
    for _ in range(2):
        assert verify(api, token).json() == {"is_verified": True}
    user.refresh_from_db()
    assert user.is_verified


@pytest.mark.parametrize("case", ["nonsense", "changed", "other address", "expired", "nobody", "other salt"])
def test_any_other_token_verifies_nothing(api, user, case, monkeypatch):
    token = accounts.verification_token(user_id=user.id, email=user.email)
    if case == "expired":
        monkeypatch.setattr(accounts, "VERIFICATION_LIFETIME", timedelta(seconds=-1))
    tokens = {
        "nonsense": "nonsense",
        "changed": token[:-2] + ("aa" if token[-2:] != "aa" else "bb"),
        "other address": accounts.verification_token(user_id=user.id, email="eve@shop.example"),
        "expired": token,
        "nobody": accounts.verification_token(user_id=uuid7(), email=user.email),
        "other salt": signing.dumps({"user": str(user.id), "email": "x"}, salt="other"),
    }

    response = verify(api, tokens[case])

    user.refresh_from_db()
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["token"]
    assert not user.is_verified
