"""One's own profile: shown, changed, left behind and erased."""

import pytest
from django.utils import timezone
from factories import OWN_FIELDS, PASSWORD, UserFactory, balance

from shared.auth import subjects
from shared.events.contracts import UserDeactivated
from shared.testing.events import clear_outbox, said
from users.models import RefreshSession, User
from users.services import accounts

pytestmark = pytest.mark.django_db


def test_one_sees_ones_own_profile_and_no_secret(api, user):
    v2, v1 = api(user.id).get("users/me/"), api(user.id, version="v1").get("users/me/")

    assert v2.status_code == v1.status_code == 200
    assert set(v2.json()) == set(v1.json()["data"]) == OWN_FIELDS
    assert v2.json()["email"] == "Ann@shop.example"
    assert v2.json()["created_at"].endswith("Z")
    assert "ETag" in v2.headers
    assert "ETag" not in v1.headers


def test_an_unchanged_profile_is_not_sent_again(api, user):
    tag = api(user.id).get("users/me/").headers["ETag"]

    response = api(user.id).get("users/me/", If_None_Match=tag)

    assert (response.status_code, response.content) == (304, b"")


def test_one_changes_only_the_given_fields(api, user):
    response = api(user.id).patch("users/me/", {"bio": "Hello", "avatar_url": "https://img.example/a.png"})

    user.refresh_from_db()
    assert response.status_code == 200
    assert (user.bio, user.avatar_url, user.username, user.age) == (
        "Hello",
        "https://img.example/a.png",
        "Ann",
        30,
    )
    assert response.json()["bio"] == "Hello"


@pytest.mark.parametrize(
    "field", ["email", "is_staff", "is_verified", "user_type", "epoch", "balance", "id", "password"]
)
def test_what_is_not_ones_own_to_change_is_named_and_nothing_changes(api, user, field):
    response = api(user.id).patch("users/me/", {"bio": "changed", field: "x"})

    user.refresh_from_db()
    assert response.status_code == 400
    assert response.json()["errors"] == {field: ["Unknown field."]}
    assert user.bio == ""


def test_a_repeated_change_with_its_key_is_replayed(api, user):
    first = api(user.id).patch("users/me/", {"bio": "one"}, idempotency_key="k1")
    again = api(user.id).patch("users/me/", {"bio": "one"}, idempotency_key="k1")
    other = api(user.id).patch("users/me/", {"bio": "two"}, idempotency_key="k1")

    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 422


def test_leaving_erases_personal_data_and_tells_the_others(api, user):
    user.bio, user.location, user.verified_at = "b", "l", timezone.now()
    user.save()
    api().post("auth/login/", {"email": user.email, "password": PASSWORD})
    clear_outbox()

    response = api(user.id).send("DELETE", "users/me/")

    row = User.objects.filter(id=user.id).values().get()
    assert (response.status_code, response.content) == (204, b"")
    assert row["email"] == f"{user.id}@erased.invalid"
    assert (row["username"], row["bio"], row["avatar_url"], row["location"], row["age"]) == ("", "", "", "", None)
    assert (row["is_active"], row["verified_at"], row["epoch"]) == (False, None, 1)
    assert row["password"].startswith("!")
    assert not any("ann" in str(value).lower() for value in row.values())
    assert said() == [UserDeactivated(user_id=user.id)]
    assert not RefreshSession.objects.filter(revoked_at__isnull=True).exists()
    assert subjects.is_deactivated(user.id)


def test_who_has_left_is_unknown_and_the_address_is_free_again(api, user):
    api(user.id).send("DELETE", "users/me/")
    clear_outbox()

    subjects.forget_cache()
    assert api(user.id).get("users/me/").status_code == 401
    login = api().post("auth/login/", {"email": "ann@shop.example", "password": PASSWORD})
    assert login.status_code == 401
    with pytest.raises(accounts.users.NoSuchUser):
        accounts.user_deactivate(user_id=user.id, now=timezone.now())
    assert said() == []
    assert UserFactory(email="ann@shop.example").id != user.id


def test_leaving_keeps_the_ledger(api):
    user = UserFactory(balance="7.00")

    api(user.id).send("DELETE", "users/me/")

    assert str(balance(user)) == "7.00"


def test_a_stale_version_is_not_overwritten(api, user):
    mine = api(user.id)
    first = mine.get("users/me/").headers["ETag"]
    fresh = mine.patch("users/me/", {"bio": "one"}, If_Match=first)

    stale = mine.patch("users/me/", {"bio": "two"}, If_Match=first)

    assert (fresh.status_code, stale.status_code, stale.json()["code"]) == (200, 412, "precondition_failed")
    assert mine.get("users/me/").json()["bio"] == "one"
    assert mine.get("users/me/").headers["ETag"] == fresh.headers["ETag"]
    assert mine.get("users/me/", If_None_Match=fresh.headers["ETag"]).status_code == 304
    assert mine.patch("users/me/", {"bio": "three"}, If_Match=f'"other", {fresh.headers["ETag"]}').status_code == 200
    assert mine.patch("users/me/", {"bio": "four"}, If_Match="*").status_code == 200
    assert api(user.id, version="v1").patch("users/me/", {"bio": "five"}, If_Match='"stale"').status_code == 200
