"""Families of refresh tokens: rotation, lost answers, reuse, races."""

from datetime import timedelta

import pytest
from django.utils import timezone
from factories import PASSWORD, UserFactory

from shared.testing.race import together
from users.models import RefreshSession, RefreshToken, User
from users.services import sessions

pytestmark = pytest.mark.django_db


@pytest.fixture
def login(api):
    def make(user=None):
        user = user or UserFactory()
        return api().post("auth/login/", {"email": user.email, "password": PASSWORD}).json()

    return make


@pytest.fixture
def refresh(api):
    def use(token, version="v2"):
        return api(version=version).post("auth/refresh/", {"refresh": token})

    return use


def age(seconds):
    """Make the latest rotation of every family older."""
    for session in RefreshSession.objects.all():
        session.rotated_at -= timedelta(seconds=seconds)
        session.save()


def test_a_refresh_token_is_exchanged_for_the_next(login, refresh):
    first = login()

    response = refresh(first["refresh"])

    body = response.json()
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert body["refresh"] != first["refresh"]
    assert body["user"] == first["user"]
    assert refresh(body["refresh"]).status_code == 200
    assert RefreshSession.objects.get().generation == 3


@pytest.mark.parametrize(("idle", "moved"), [(timedelta(minutes=59), False), (timedelta(minutes=61), True)])
def test_whoever_goes_on_has_been_seen_once_an_hour(login, refresh, idle, moved):
    user = UserFactory()
    first, seen = login(user)["refresh"], timezone.now() - idle
    User.objects.filter(id=user.id).update(last_login_at=seen)

    refresh(first)

    user.refresh_from_db()
    assert (user.last_login_at > seen) is moved


def test_a_lost_answer_is_given_again_for_ten_seconds(login, refresh):
    first = login()["refresh"]
    second = refresh(first).json()["refresh"]

    age(9)

    assert refresh(first).json()["refresh"] == second
    assert RefreshSession.objects.get().generation == 2
    assert refresh(second).status_code == 200


def test_a_second_use_after_ten_seconds_revokes_the_whole_family(login, refresh):
    first = login()["refresh"]
    second = refresh(first).json()["refresh"]

    age(11)

    for version, token in (("v2", first), ("v2", second), ("v1", second)):
        response = refresh(token, version)
        assert response.status_code == 401
        body = response.json()
        assert (body["code"] if version == "v2" else body["error"]["code"]) == "token_not_valid"
    session = RefreshSession.objects.get()
    assert session.revoked_at is not None
    assert session.latest_sealed == ""


def test_a_token_two_generations_old_revokes_at_once(login, refresh):
    first = login()["refresh"]
    third = refresh(refresh(first).json()["refresh"]).json()["refresh"]

    assert refresh(first).status_code == 401
    assert refresh(third).status_code == 401


def test_reuse_in_one_family_leaves_the_others_alone(login, refresh):
    user = UserFactory()
    stolen, other = login(user)["refresh"], login(user)["refresh"]
    refresh(stolen)
    age(11)
    refresh(stolen)

    assert refresh(other).status_code == 200


def test_an_expired_family_is_refused(login, refresh):
    token = login()["refresh"]
    RefreshSession.objects.update(expires_at=timezone.now())

    assert refresh(token).status_code == 401


@pytest.mark.parametrize("token", ["unknown", "x" * 200, "\u2603"])
def test_an_unknown_token_is_refused(refresh, token):
    assert refresh(token).status_code == 401


def test_a_token_that_is_no_token_is_a_validation_error(api):
    assert api().post("auth/refresh/", {}).json()["errors"] == {"refresh": ["This field is required."]}
    assert api().post("auth/refresh/", {"refresh": "x" * 4097}).status_code == 400


def test_a_deactivated_user_gets_no_new_tokens(login, refresh):
    user = UserFactory()
    token = login(user)["refresh"]
    user.is_active, user.deactivated_at = False, timezone.now()
    user.save()

    assert refresh(token).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_ten_parallel_uses_make_exactly_one_new_token(login, refresh):
    first = login()["refresh"]

    responses = together(10, lambda _: refresh(first))

    assert [each.status_code for each in responses] == [200] * 10
    assert len({each.json()["refresh"] for each in responses}) == 1
    assert RefreshSession.objects.get().generation == 2
    assert RefreshToken.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_ten_parallel_uses_of_a_spent_token_revoke_the_family(login, refresh):
    first = login()["refresh"]
    second = refresh(first).json()["refresh"]
    age(11)

    responses = together(10, lambda _: refresh(first))

    assert [each.status_code for each in responses] == [401] * 10
    assert refresh(second).status_code == 401


def test_logout_revokes_the_family(api, login, refresh):
    user = UserFactory()
    token = login(user)["refresh"]

    response = api(user.id).post("auth/logout/", {"refresh": token})

    assert (response.status_code, response.content) == (204, b"")
    assert refresh(token).status_code == 401
    assert api(user.id).post("auth/logout/", {"refresh": token}).status_code == 204


def test_logout_needs_a_login_and_cannot_end_somebody_elses_session(api, login, refresh):
    token = login()["refresh"]

    assert api().post("auth/logout/", {"refresh": token}).status_code == 401
    assert api(UserFactory().id).post("auth/logout/", {"refresh": token}).status_code == 204
    assert api(UserFactory().id).post("auth/logout/", {"refresh": "unknown"}).status_code == 204

    assert refresh(token).status_code == 200


def test_a_family_that_was_purged_meanwhile_is_refused(login, monkeypatch):
    token = login()["refresh"]
    monkeypatch.setattr(sessions, "_locked", lambda _: None)

    with pytest.raises(sessions.RefreshNotValid):
        sessions.refresh(token=token, now=timezone.now())


def test_a_refresh_takes_few_queries(login, refresh, django_assert_num_queries):
    token = login()["refresh"]

    # savepoint, token, family with user, new token, family, end of the savepoint
    with django_assert_num_queries(6):
        refresh(token)
