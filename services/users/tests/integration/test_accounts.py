"""Profiles: one's own, and anybody's for staff; deactivation, passwords, verified addresses."""

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone
from factories import PASSWORD, UserFactory, balance

from shared.auth import subjects
from shared.db.models import uuid7
from shared.events.contracts import UserDeactivated
from shared.testing.events import clear_outbox, said
from users.models import RefreshSession, User
from users.services import accounts

pytestmark = pytest.mark.django_db

STAFF = uuid7()
OWN_FIELDS = {
    "id",
    "email",
    "username",
    "user_type",
    "age",
    "bio",
    "avatar_url",
    "location",
    "is_verified",
    "is_staff",
    "created_at",
    "updated_at",
}


@pytest.fixture
def user():
    return UserFactory(email="Ann@shop.example", username="Ann", age=30)


@pytest.fixture
def staff(api):
    return api(STAFF, roles=("staff",))


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
    user.bio, user.location, user.is_verified = "b", "l", True
    user.save()
    api().post("auth/login/", {"email": user.email, "password": PASSWORD})
    clear_outbox()

    response = api(user.id).send("DELETE", "users/me/")

    row = User.objects.filter(id=user.id).values().get()
    assert (response.status_code, response.content) == (204, b"")
    assert row["email"] == f"{user.id}@erased.invalid"
    assert (row["username"], row["bio"], row["avatar_url"], row["location"], row["age"]) == ("", "", "", "", None)
    assert (row["is_active"], row["is_verified"], row["epoch"]) == (False, False, 1)
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


def test_staff_lists_accounts_in_both_versions(api, staff, user):
    other = UserFactory(username="Bob")

    v2 = staff.get("users/").json()
    v1 = api(STAFF, roles=("staff",), version="v1").get("users/").json()

    assert [each["id"] for each in v2["data"]] == [str(other.id), str(user.id)]
    assert set(v2["data"][0]) == OWN_FIELDS | {"is_active", "last_login_at", "deactivated_at"}
    assert (v2["next"], v2["previous"]) == (None, None)
    assert v1["pagination"] == {
        "page": 1,
        "pages": 1,
        "per_page": 20,
        "total": 2,
        "has_next": False,
        "has_previous": False,
    }
    assert v1["results"] == v2["data"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"email": "SHOP.ex"}, {"Ann", "Bob"}),
        ({"email": "ann@"}, {"Ann"}),
        ({"username": "Bob"}, {"Bob"}),
        ({"username": "bo"}, set()),
        ({"is_active": "false"}, {"Gone"}),
        ({"is_active": "true"}, {"Ann", "Bob"}),
        ({"is_verified": "true"}, {"Bob"}),
        ({"created_after": "2999-01-01T00:00:00Z"}, set()),
        ({"created_before": "2999-01-01T00:00:00Z", "is_verified": "true"}, {"Bob"}),
    ],
)
def test_filters_choose_accounts(staff, user, query, found):
    UserFactory(email="bob@shop.example", username="Bob", is_verified=True)
    UserFactory(email="gone@else.example", username="Gone", is_active=False, deactivated_at=timezone.now())

    assert {each["username"] for each in staff.get("users/", query).json()["data"]} == found


@pytest.mark.parametrize("field", ["username", "-username", "email", "-email", "created_at", "-created_at"])
def test_every_order_is_walked_without_gap_or_repetition(staff, field):
    from urllib.parse import parse_qs, urlsplit

    for number in range(5):
        UserFactory(username=f"Same {number // 2}")
    walked, query = [], {"ordering": field, "limit": "2"}
    while query:
        page = staff.get("users/", query).json()
        walked += [(each[field.removeprefix("-")], each["id"]) for each in page["data"]]
        query = page["next"] and {k: v[0] for k, v in parse_qs(urlsplit(page["next"]).query).items()}

    assert walked == sorted(walked, reverse=field.startswith("-"))
    assert len(set(walked)) == 5


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"is_active": "maybe"}, "is_active"),
        ({"ordering": "password"}, "ordering"),
        ({"unknown": "1"}, "unknown"),
        ({"limit": "0"}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"page": "1"}, "page"),
    ],
)
def test_a_query_that_does_not_parse_is_named(staff, query, field):
    response = staff.get("users/", query)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]


def test_staff_sees_and_changes_an_account(staff, user):
    response = staff.patch(f"users/{user.id}/", {"is_verified": True, "user_type": "premium"})

    assert response.status_code == 200
    assert staff.get(f"users/{user.id}/").json() == response.json()
    assert (response.json()["is_verified"], response.json()["user_type"]) == (True, "premium")


def test_staff_deactivates_without_erasing(staff, user):
    response = staff.patch(f"users/{user.id}/", {"is_active": False})

    assert response.json()["is_active"] is False
    assert response.json()["email"] == "Ann@shop.example"
    assert said() == [UserDeactivated(user_id=user.id)]
    assert subjects.is_deactivated(user.id)
    assert staff.patch(f"users/{user.id}/", {"bio": "x"}).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_an_unknown_account_is_not_found(staff, method):
    assert staff.send(method, f"users/{uuid7()}/", {}).status_code == 404
    assert staff.send(method, "users/no-id/", {}).status_code == 404


ROUTES = [
    ("GET", "users/me/"),
    ("PATCH", "users/me/"),
    ("DELETE", "users/me/"),
    ("GET", "users/"),
    ("GET", "users/{id}/"),
    ("PATCH", "users/{id}/"),
    ("POST", "auth/logout/"),
    ("POST", "auth/password/change/"),
    ("GET", "wallet/"),
    ("GET", "wallet/entries/"),
    ("POST", "wallet/deposits/"),
    ("POST", "wallet/transfers/"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_gets_past_a_missing_token(api, user, method, path):
    response = api().send(method, path.format(id=user.id), {})

    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"


@pytest.mark.parametrize(
    ("method", "path"), [route for route in ROUTES if "{id}" in route[1] or "deposits" in route[1]]
)
def test_a_customer_gets_the_same_refusal_for_any_account(api, user, method, path):
    mine, others, missing = (
        api(user.id).send(method, path.format(id=each), {"bio": "x"}, X_Request_ID="same-request-id")
        for each in (user.id, UserFactory().id, uuid7())
    )

    assert {each.status_code for each in (mine, others, missing)} == {403}
    assert mine.json()["code"] == "insufficient_permissions"


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
    settings.LOGIN_RATE = "2/min"
    body = {"current_password": "x", "new_password": "y", "new_password_confirm": "y"}

    client = f"client-{uuid7()}"
    statuses = [api(user.id).post("auth/password/change/", body, X_Forwarded_For=client).status_code for _ in range(3)]

    assert statuses == [400, 400, 429]


def test_a_password_that_changed_meanwhile_is_not_changed_again(user, monkeypatch):
    real = accounts.passwords.hashed

    def meanwhile(password):
        User.objects.filter(id=user.id).update(epoch=1)
        return real(password)

    monkeypatch.setattr(accounts.passwords, "hashed", meanwhile)
    with pytest.raises(accounts.InvalidInput):
        accounts.password_change(user_id=user.id, current=PASSWORD, new="Better-Horse-8", now=timezone.now())
    user.refresh_from_db()
    assert user.epoch == 1


def test_a_password_of_nobody_cannot_be_changed():
    with pytest.raises(accounts.users.NoSuchUser):
        accounts.password_change(user_id=uuid7(), current="a", new="b", now=timezone.now())


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


@pytest.mark.usefixtures("settled_subjects")
@pytest.mark.parametrize(("path", "queries"), [("users/me/", 1), ("users/{id}/", 1), ("users/", 1)])
def test_reads_take_one_query_however_many_rows(staff, api, user, path, queries, django_assert_num_queries):
    client = api(user.id, roles=("staff",))
    for _ in range(3):
        UserFactory()

    with django_assert_num_queries(queries):
        assert client.get(path.format(id=user.id)).status_code == 200


@pytest.mark.usefixtures("settled_subjects")
def test_a_numbered_page_takes_one_query_more(api, user, django_assert_num_queries):
    with django_assert_num_queries(2):
        api(STAFF, roles=("staff",), version="v1").get("users/")
