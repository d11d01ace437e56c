"""Accounts as staff sees them: lists, filters, orders, changes; each read in one query."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from factories import OWN_FIELDS, STAFF, UserFactory

from shared.auth import subjects
from shared.db.models import uuid7
from shared.events.contracts import UserDeactivated
from shared.testing.events import said

pytestmark = pytest.mark.django_db


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
        ({"is_verified": "false"}, {"Ann", "Gone"}),
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
    change = {"is_verified": True, "user_type": "premium", "phone_number": "+15551234567"}

    response = staff.patch(f"users/{user.id}/", change)

    assert response.status_code == 200
    assert staff.get(f"users/{user.id}/").json() == response.json()
    assert (response.json()["is_verified"], response.json()["user_type"]) == (True, "premium")


def test_verifying_again_keeps_the_first_time_and_taking_it_back_forgets_it(staff, user):
    staff.patch(f"users/{user.id}/", {"is_verified": True})
    user.refresh_from_db()
    first = user.verified_at

    staff.patch(f"users/{user.id}/", {"is_verified": True})
    user.refresh_from_db()
    again = user.verified_at
    response = staff.patch(f"users/{user.id}/", {"is_verified": False})

    user.refresh_from_db()
    assert timezone.now() - first < timedelta(minutes=1)
    assert again == first
    assert (response.json()["is_verified"], user.verified_at) == (False, None)


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


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"created_after": "0946-09-13T18:05:39+21:50"}, 200),
        ({"created_after": "0001-01-01T00:00:00+10:00"}, 400),
        ({"created_after": "9999-12-31T23:59:59-10:00"}, 400),
        ({"cursor": ""}, 400),
    ],
)
def test_odd_times_and_cursors_are_understood_or_refused(staff, query, status):
    assert staff.get("users/", query).status_code == status
    assert staff.get("users/export/", query).status_code == (400 if "cursor" in query else status)
