"""The export of accounts: streamed from one snapshot, safe in a spreadsheet, for staff only."""

import resource

import pytest
from django.db import connection
from factories import UserFactory

from shared.testing.exports import moment, table
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)  # an export has a connection of its own

HEADINGS = [
    "id", "email", "username", "user_type", "age", "location", "is_verified",
    "is_staff", "is_active", "created_at", "updated_at", "last_login_at", "deactivated_at",
]  # fmt: skip


def test_staff_takes_every_account_home(staff):
    user = UserFactory(email="ann@shop.example", username='Ann, "the" first\nof all', age=30)

    response = staff.get("users/export/", Accept="text/csv")
    rows = table(response)

    assert response.headers["Content-Type"] == "text/csv"
    assert response.headers["Content-Disposition"] == 'attachment; filename="users.csv"'
    assert rows[0] == HEADINGS
    assert rows[1:] == [
        [
            str(user.id), "ann@shop.example", 'Ann, "the" first\nof all', "regular", "30", "", "false",
            "false", "true", moment(user.created_at), moment(user.updated_at), "", "",
        ]
    ]  # fmt: skip


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(staff, start):
    UserFactory(username=f"{start}cmd|' /C calc'!A0")

    (row,) = table(staff.get("users/export/"))[1:]

    assert row[2] == f"'{start}cmd|' /C calc'!A0"


def test_the_lists_filters_and_orderings_hold(staff):
    UserFactory(email="b@shop.example"), UserFactory(email="a@shop.example"), UserFactory(email="a@else.example")

    rows = table(staff.get("users/export/", {"email": "SHOP.example", "ordering": "email"}))

    assert [row[1] for row in rows[1:]] == ["a@shop.example", "b@shop.example"]


def test_a_wrong_parameter_is_refused_before_anything_is_sent(staff):
    for query in ({"ordering": "password"}, {"colour": "red"}, {"limit": "3"}):
        response = staff.get("users/export/", query)

        assert response.status_code == 400
        assert list(response.json()["errors"]) == list(query)


def test_customers_take_nothing_home(api, user):
    assert api(user.id).get("users/export/").status_code == 403
    assert api().get("users/export/").status_code == 401


def test_a_reader_who_goes_away_leaves_nothing_locked(staff):
    UserFactory.create_batch(3)
    abandoned = staff.get("users/export/")

    assert User.objects.count() == 3
    assert len(table(staff.get("users/export/"))) == 4
    abandoned.close()


def test_memory_does_not_grow_with_the_number_of_accounts(staff):
    with connection.cursor() as cursor:
        columns = [field.column for field in User._meta.fields]
        shown = {"id": "gen_random_uuid()", "email": "n || '@shop.example'", "email_key": "n || '@shop.example'"}
        UserFactory(bio="x" * 400)
        chosen = ", ".join(shown.get(name, f"u.{name}") for name in columns)
        names = ", ".join(columns)
        cursor.execute(f"INSERT INTO users ({names}) SELECT {chosen} FROM users u, generate_series(1, 100000) n")
    size = 0
    for piece in staff.get("users/export/", {"is_active": "false"}).streaming_content:  # everything is loaded now
        size += len(piece)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    largest = 0
    for piece in staff.get("users/export/").streaming_content:
        size, largest = size + len(piece), max(largest, len(piece))

    assert size > 10_000_000
    assert largest < 200_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4 * 1024  # KiB
