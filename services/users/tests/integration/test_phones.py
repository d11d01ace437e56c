"""Phone numbers: shown to their owner and staff, encrypted at rest, found exactly, needed by premium users."""

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.utils import timezone
from factories import UserFactory

from shared.db import sealed
from users.models import User

pytestmark = pytest.mark.django_db

PHONE = "+15551234567"
NEEDED = ["A premium user needs a phone number."]


def stored(user):
    """Return the two columns as the database holds them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone_number, phone_index FROM users WHERE id = %s", [user.id])
        return cursor.fetchone()


@pytest.mark.parametrize("phone", [PHONE, "555123456", "1" + "5" * 15, "+1" + "5" * 15, "123456789"])
def test_one_gives_ones_number_and_the_database_holds_a_ciphertext(api, user, settings, phone):
    response = api(user.id).patch("users/me/", {"phone_number": phone})

    number, index = stored(user)
    assert (response.status_code, response.json()["phone_number"]) == (200, phone)
    assert api(user.id).get("users/me/").json()["phone_number"] == phone
    assert phone not in number
    assert Fernet(settings.FIELD_KEYS[0]).decrypt(number.encode()).decode() == phone
    assert (len(index), phone.encode() in bytes(index)) == (32, False)


@pytest.mark.parametrize(
    "phone",
    [
        "12345678",
        "5" * 17,
        "5551234567\n",
        " 5551234567",
        "\u0665\u0665\u0665\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
        "555-123-4567",
        "++5551234567",
        "+",
        "x5551234567",
        "5551234567x",
    ],
)
def test_what_is_no_number_is_refused_and_nothing_changes(api, staff, user, phone):
    for response in (
        api(user.id).patch("users/me/", {"phone_number": phone, "bio": "changed"}),
        staff.patch(f"users/{user.id}/", {"phone_number": phone, "bio": "changed"}),
    ):
        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["phone_number"]
    user.refresh_from_db()
    assert (stored(user), user.bio) == ((None, None), "")


@pytest.mark.parametrize("nothing", ["", None])
def test_a_number_can_be_removed(api, nothing):
    user = UserFactory(phone_number=PHONE)

    response = api(user.id).patch("users/me/", {"phone_number": nothing})

    assert (response.status_code, response.json()["phone_number"]) == (200, None)
    assert stored(user) == (None, None)


def test_a_family_shares_a_number(api):
    one, other = UserFactory(phone_number=PHONE), UserFactory()

    response = api(other.id).patch("users/me/", {"phone_number": PHONE})

    assert response.status_code == 200
    assert stored(one)[1] == stored(other)[1]
    assert stored(one)[0] != stored(other)[0]


@pytest.mark.parametrize("asked", [PHONE, "15551234567", " 15551234567"])
def test_staff_finds_a_number_exactly_with_and_without_its_plus(staff, asked):
    for number in ("15551234568", "5551234567", None):
        UserFactory(phone_number=number)
    wanted = UserFactory(phone_number=PHONE)

    found = staff.get("users/", {"phone_number": asked}).json()["data"]

    assert [(each["id"], each["phone_number"]) for each in found] == [(str(wanted.id), PHONE)]


@pytest.mark.parametrize("asked", ["555", "nobody", "5551234567\u0660"])
def test_a_filter_that_is_no_number_is_refused(staff, asked):
    response = staff.get("users/", {"phone_number": asked})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["phone_number"]


def test_a_number_is_found_by_its_index():
    UserFactory.create_batch(50, password="!")
    rows = User.objects.filter(phone_index=sealed.blind_index("15551234567")).values("id")

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE users; SET LOCAL enable_seqscan = off")
        plan = rows.explain()

    assert "users_by_phone_index" in plan


def test_code_reads_the_number_in_clear(user):
    user.phone_number, user.phone_index = PHONE, sealed.blind_index("15551234567")
    user.save()

    assert User.objects.values_list("phone_number", flat=True).get() == PHONE
    assert User.objects.get().phone_number == PHONE


def test_a_number_of_a_lost_key_is_a_clear_error(settings):
    UserFactory(phone_number=PHONE)
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    with pytest.raises(sealed.SealedByUnknownKey, match="FIELD_KEYS holds no key"):
        User.objects.get()


def test_a_premium_user_needs_a_number_first(staff, user):
    refused = staff.patch(f"users/{user.id}/", {"user_type": "premium"})
    accepted = staff.patch(f"users/{user.id}/", {"user_type": "premium", "phone_number": PHONE})

    assert refused.status_code == 400
    assert refused.json()["errors"] == {"phone_number": NEEDED, "user_type": NEEDED}
    assert accepted.status_code == 200
    assert (accepted.json()["user_type"], accepted.json()["phone_number"]) == ("premium", PHONE)


def test_a_premium_user_keeps_a_number(api, staff):
    user = UserFactory(phone_number=PHONE, user_type="premium")

    by_owner = api(user.id).patch("users/me/", {"phone_number": None, "bio": "changed"})
    by_staff = staff.patch(f"users/{user.id}/", {"phone_number": ""})

    assert (by_owner.status_code, by_staff.status_code) == (400, 400)
    assert by_owner.json()["errors"] == by_staff.json()["errors"] == {"phone_number": NEEDED}
    user.refresh_from_db()
    assert (user.phone_number, user.bio) == (PHONE, "")
    assert staff.patch(f"users/{user.id}/", {"phone_number": "", "user_type": "regular"}).status_code == 200


def test_who_is_deactivated_needs_none(staff):
    user = UserFactory(phone_number=PHONE, user_type="premium")

    response = staff.patch(f"users/{user.id}/", {"is_active": False, "phone_number": ""})

    assert (response.status_code, response.json()["user_type"]) == (200, "premium")


def test_a_deactivated_account_is_shown_with_its_number(staff):
    gone = UserFactory(phone_number=PHONE, is_active=False, deactivated_at=timezone.now())

    assert staff.get(f"users/{gone.id}/").json()["phone_number"] == PHONE
