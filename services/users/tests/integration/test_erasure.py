"""Leaving: afterwards no table of the database holds anything that tells who the account belonged to."""

import pytest
from django.db import connection
from django.utils import timezone
from factories import PASSWORD, UserFactory

from shared.testing.events import deliver, said
from users.models import PasswordReset, User
from users.services import accounts, credentials

pytestmark = pytest.mark.django_db

PERSONAL = {
    "email": "Ann.Unique@Shop.example",
    "username": "Ann Unique",
    "age": 37,
    "bio": "Collects unusual words",
    "avatar_url": "https://img.example/unique.png",
    "location": "Uniqueville",
    "phone_number": "+15559876543",
}


def dump():
    """Return every row of every table as text, bytes as they are."""
    found = []
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - {"django_migrations"}
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [(table, " ".join(_text(value) for value in row)) for row in cursor.fetchall()]
    assert len(tables) > 12
    return found


def _text(value):
    return bytes(value).decode("latin-1") if isinstance(value, memoryview | bytes) else str(value)


@pytest.fixture
def ann(api, staff):
    """Return a customer who has left traces wherever one can."""
    body = {name: PERSONAL[name] for name in ("email", "username", "age")}
    body |= {"password": PASSWORD, "password_confirm": PASSWORD}
    api().post("users/", body, idempotency_key="k0")
    user = User.objects.get()
    change = {name: PERSONAL[name] for name in PERSONAL if name not in body}
    change |= {"user_type": "premium", "is_verified": True}
    assert staff.patch(f"users/{user.id}/", change, idempotency_key="k2").status_code == 200
    session = api().post("auth/login/", {"email": user.email, "password": PASSWORD}).json()
    api().post("auth/refresh/", {"refresh": session["refresh"]})
    api(user.id).patch("users/me/", {"bio": PERSONAL["bio"]}, idempotency_key="k1")
    credentials.password_reset_request(email=user.email, now=timezone.now())
    for event in said():
        if event.TYPE == "users.mail_requested.v1":
            deliver(event)
    user.refresh_from_db()
    return user


def test_leaving_leaves_nothing_personal_in_any_table(api, ann):
    traces = [*PERSONAL.values(), ann.email_key, ann.password, bytes(ann.phone_index).decode("latin-1")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone_number FROM users WHERE id = %s", [ann.id])
        traces += cursor.fetchone()
    traces = [str(trace).lower() for trace in traces if trace != 37]
    before = " ".join(text for _, text in dump()).lower()
    assert all(trace in before for trace in traces if trace != PERSONAL["phone_number"])

    response = api(ann.id).send("DELETE", "users/me/")

    assert response.status_code == 204
    left = [(table, trace) for table, text in dump() for trace in traces if trace in text.lower()]
    assert left == []


def test_the_row_that_stays_says_only_that_there_was_an_account(api, ann):
    api(ann.id).send("DELETE", "users/me/")

    row = User.objects.filter(id=ann.id).values().get()
    assert row.pop("password").startswith("!")
    assert {name: row[name] for name in row if name not in ("created_at", "updated_at", "last_login_at")} == {
        "id": ann.id,
        "email": f"{ann.id}@erased.invalid",
        "email_key": None,
        "username": "",
        "user_type": "premium",
        "is_active": False,
        "verified_at": None,
        "is_staff": False,
        "epoch": 1,
        "age": None,
        "bio": "",
        "avatar_url": "",
        "location": "",
        "phone_number": None,
        "phone_index": None,
        "deactivated_at": row["deactivated_at"],
    }
    assert not PasswordReset.objects.exists()


def test_what_belongs_to_others_stays(api, ann):
    bob = UserFactory(phone_number=PERSONAL["phone_number"])
    credentials.password_reset_request(email=bob.email, now=timezone.now())
    api(bob.id).patch("users/me/", {"bio": "Bob's"}, idempotency_key="k1")

    api(ann.id).send("DELETE", "users/me/")

    again = api(bob.id).patch("users/me/", {"bio": "Bob's"}, idempotency_key="k1")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert PasswordReset.objects.get().user_id == bob.id
    assert again.json()["phone_number"] == PERSONAL["phone_number"]


def test_the_address_and_the_number_are_free_again(api, ann):
    api(ann.id).send("DELETE", "users/me/")

    row = accounts.user_register(email=PERSONAL["email"], username="Ann", password=PASSWORD)

    assert row["id"] != ann.id
