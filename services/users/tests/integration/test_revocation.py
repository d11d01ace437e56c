"""Sessions and tokens that end: refused here, and told to the other services in the same transaction."""

from datetime import timedelta

import jwt
import pytest
from django.test import Client
from django.utils import timezone
from factories import PASSWORD, UserFactory

from shared.auth.models import RevokedSession, Subject
from shared.events.contracts import SessionRevoked, TokensRevoked, UserDeactivated
from shared.testing.events import clear_outbox, said
from shared.testing.race import together
from users.models import RefreshSession, User
from users.services import credentials, sessions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_keys")]

GOOD, REFUSED = (200, None), (401, "token_not_valid")


def ask(access):
    answer = Client().get("/api/v2/users/me/", headers={"Authorization": f"Bearer {access}"})
    return (answer.status_code, answer.json().get("code"))


def act(method, path, access, body=None):
    headers = {"Authorization": f"Bearer {access}"}
    return getattr(Client(), method)(f"/api/v2/{path}", body, content_type="application/json", headers=headers)


def sid(access):
    return jwt.decode(access, options={"verify_signature": False})["sid"]


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def login(api, user):
    def make():
        session = api().post("auth/login/", {"email": user.email, "password": PASSWORD}).json()
        clear_outbox()
        return session

    return make


def age(seconds):
    for session in RefreshSession.objects.all():
        session.rotated_at -= timedelta(seconds=seconds)
        session.save()


def test_every_token_of_a_family_names_it(api, login):
    first = login()
    second = api().post("auth/refresh/", {"refresh": first["refresh"]}).json()

    assert sid(first["access"]) == sid(second["access"]) == str(RefreshSession.objects.get().id)
    assert sid(login()["access"]) != sid(first["access"])


def test_logout_ends_the_session_within_a_second_and_leaves_its_sibling(login, user, clock):
    left, kept = login(), login()
    assert [ask(left["access"]), ask(kept["access"])] == [GOOD, GOOD]

    assert act("post", "auth/logout/", left["access"], {"refresh": left["refresh"]}).status_code == 204
    clock.sleep(1)

    assert [ask(left["access"]), ask(kept["access"])] == [REFUSED, GOOD]
    assert said() == [SessionRevoked(session_id=sid(left["access"]), user_id=user.id)]


def test_a_second_logout_and_one_of_somebody_elses_session_say_nothing(api, login, user):
    session = login()
    api(UserFactory().id).post("auth/logout/", {"refresh": session["refresh"]})
    assert not RevokedSession.objects.exists()
    sessions.logout(user_id=user.id, token=session["refresh"], now=timezone.now())
    clear_outbox()

    sessions.logout(user_id=user.id, token=session["refresh"], now=timezone.now())

    assert said() == []
    assert RevokedSession.objects.count() == 1


def test_reuse_ends_the_session_of_thief_and_owner(api, login, user, clock):
    first, other = login(), login()
    second = api().post("auth/refresh/", {"refresh": first["refresh"]}).json()
    age(11)

    assert api().post("auth/refresh/", {"refresh": first["refresh"]}).status_code == 401
    clock.sleep(1)

    assert [ask(each["access"]) for each in (first, second, other)] == [REFUSED, REFUSED, GOOD]
    assert said() == [SessionRevoked(session_id=sid(first["access"]), user_id=user.id)]
    assert api().post("auth/refresh/", {"refresh": first["refresh"]}).status_code == 401
    assert len(said()) == 1


def test_a_password_change_ends_every_session(login, user, clock):
    here, there = login(), login()
    body = {
        "current_password": PASSWORD,
        "new_password": "Better-Horse-8",
        "new_password_confirm": "Better-Horse-8",
    }

    assert act("post", "auth/password/change/", here["access"], body).status_code == 204
    clock.sleep(1)

    assert [ask(here["access"]), ask(there["access"])] == [REFUSED, REFUSED]
    assert said() == [TokensRevoked(user_id=user.id, epoch=1)]


def test_a_deactivation_ends_every_session(login, user, clock):
    session = login()

    assert act("delete", "users/me/", session["access"]).status_code == 204
    clock.sleep(1)

    assert ask(session["access"]) == REFUSED
    assert said() == [UserDeactivated(user_id=user.id)]


@pytest.mark.parametrize("failing", ["logout", "reuse", "password"])
def test_without_its_event_nothing_ends(login, user, monkeypatch, failing):
    session = login()
    first = session["refresh"]
    sessions.refresh(token=first, now=timezone.now())
    age(11)

    def broken(*_):
        raise RuntimeError

    monkeypatch.setattr(sessions.outbox, "append", broken)
    acts = {
        "logout": lambda: sessions.logout(user_id=user.id, token=first, now=timezone.now()),
        "reuse": lambda: sessions.refresh(token=first, now=timezone.now()),
        "password": lambda: credentials.password_change(
            user_id=user.id, current=PASSWORD, new="Better-Horse-8", now=timezone.now()
        ),
    }
    with pytest.raises(RuntimeError):
        acts[failing]()

    assert not RefreshSession.objects.filter(revoked_at__isnull=False).exists()
    assert not RevokedSession.objects.exists()
    assert not Subject.objects.exists()
    assert User.objects.get(id=user.id).epoch == 0


@pytest.mark.django_db(transaction=True)
def test_ten_thieves_at_once_end_the_session_once(api, login, user):
    first = login()["refresh"]
    api().post("auth/refresh/", {"refresh": first})
    age(11)

    together(10, lambda _: api().post("auth/refresh/", {"refresh": first}))

    assert said() == [SessionRevoked(session_id=RefreshSession.objects.get().id, user_id=user.id)]


@pytest.mark.django_db(transaction=True)
def test_whoever_wins_between_logout_and_refresh_no_session_survives(api, login, user):
    for _ in range(10):
        session = login()
        body = {"refresh": session["refresh"]}
        calls = [
            lambda body=body: api().post("auth/refresh/", body),
            lambda body=body, access=session["access"]: act("post", "auth/logout/", access, body),
        ]

        refreshed, left = together(2, lambda number, calls=calls: calls[number]())

        assert left.status_code == 204
        assert refreshed.status_code in (200, 401)
        if refreshed.status_code == 200:
            latest = refreshed.json()["refresh"]
            assert api().post("auth/refresh/", {"refresh": latest}).status_code == 401
        assert RefreshSession.objects.filter(revoked_at__isnull=True).count() == 0


@pytest.mark.django_db(transaction=True)
def test_whoever_wins_between_password_change_and_refresh_no_old_session_survives(api, user, login, clock):
    session = login()
    calls = [
        lambda: api().post("auth/refresh/", {"refresh": session["refresh"]}),
        lambda: credentials.password_change(
            user_id=user.id, current=PASSWORD, new="Better-Horse-8", now=timezone.now()
        ),
    ]

    refreshed, changed = together(2, lambda number: calls[number]())
    clock.sleep(1)

    assert changed is None
    assert RefreshSession.objects.filter(revoked_at__isnull=True).count() == 0
    if refreshed.status_code == 200:
        assert ask(refreshed.json()["access"]) == REFUSED
    assert ask(session["access"]) == REFUSED
