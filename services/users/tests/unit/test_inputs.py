"""What the API accepts: strict, field by field; addresses, filters and orders."""

import pytest
from rest_framework.exceptions import ValidationError

from shared.errors import InvalidInput
from users import filters
from users.api import inputs
from users.domain import emails
from users.models import User

REGISTRATION = {
    "email": "ann@shop.example",
    "username": "Ann",
    "password": "Correct-Horse-7",
    "password_confirm": "Correct-Horse-7",
}


def errors_of(kind, data, **options):
    serializer = kind(data=data, **options)
    with pytest.raises(ValidationError) as caught:
        serializer.is_valid(raise_exception=True)
    return {name: [str(text) for text in texts] for name, texts in caught.value.detail.items()}


def test_a_registration_loses_the_repeated_password():
    serializer = inputs.Registration(data=REGISTRATION)

    assert serializer.is_valid()
    assert set(serializer.validated_data) == {"email", "username", "password"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": f"{'a' * 250}@shop.example"}, "email"),
        ({"username": ""}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"username": "nul\x00"}, "username"),
        ({"password": "x" * 129}, "password"),
        ({"password_confirm": "Correct-Horse-8"}, "password_confirm"),
        ({"age": 12}, "age"),
        ({"age": 121}, "age"),
        ({"age": "old"}, "age"),
        ({"is_staff": True}, "is_staff"),
        ({"epoch": 3}, "epoch"),
        ({"id": "1"}, "id"),
    ],
)
def test_each_wrong_field_of_a_registration_is_named(change, field):
    assert list(errors_of(inputs.Registration, REGISTRATION | change)) == [field]


@pytest.mark.parametrize("age", [13, 120, None])
def test_the_edges_of_the_age_are_accepted(age):
    assert inputs.Registration(data=REGISTRATION | {"age": age}).is_valid()


@pytest.mark.parametrize(
    "field",
    ["email", "user_type", "is_staff", "is_verified", "is_active", "balance", "password", "created_at", "epoch"],
)
def test_a_profile_has_no_field_that_is_not_ones_own_to_change(field):
    assert errors_of(inputs.ProfileChange, {field: "x"}, partial=True) == {field: ["Unknown field."]}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"avatar_url": "javascript:alert(1)"}, "avatar_url"),
        ({"avatar_url": "no address"}, "avatar_url"),
        ({"bio": "x" * 501}, "bio"),
        ({"location": "x" * 101}, "location"),
        ({"username": " "}, "username"),
    ],
)
def test_each_wrong_field_of_a_profile_is_named(data, field):
    assert list(errors_of(inputs.ProfileChange, data, partial=True)) == [field]


@pytest.mark.parametrize("field", ["is_staff", "email", "epoch"])
def test_not_even_staff_changes_these(field):
    assert errors_of(inputs.AccountChange, {field: "x"}, partial=True) == {field: ["Unknown field."]}


def test_deactivation_is_final():
    assert list(errors_of(inputs.AccountChange, {"is_active": True}, partial=True)) == ["is_active"]
    assert inputs.AccountChange(data={"is_active": False}, partial=True).is_valid()


@pytest.mark.parametrize(
    "amount", ["0", "0.00", "-1", "0.001", "1e3000", "NaN", "Infinity", "1000000000000.00", "ten", "", None]
)
def test_what_is_no_amount_of_money_is_refused(amount):
    data = {"to": "01a20303-0f0f-751b-8634-5a2675d83611", "amount": amount}

    assert list(errors_of(inputs.Transfer, data)) == ["amount"]


def test_new_passwords_must_match():
    data = {
        "current_password": "a",
        "new_password": "Correct-Horse-8",
        "new_password_confirm": "Correct-Horse-9",
    }

    assert list(errors_of(inputs.PasswordChange, data)) == ["new_password_confirm"]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("Ann@Shop.EXAMPLE", "Ann@shop.example"),
        (" ann@shop.example ", "ann@shop.example"),
        ('"a@b"@Shop.example', '"a@b"@shop.example'),
    ],
)
def test_addresses_keep_their_local_part(given, wanted):
    assert emails.normalised(given) == wanted


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"is_active": "maybe"}, "is_active"),
        ({"is_verified": "1"}, "is_verified"),
        ({"created_after": "yesterday"}, "created_after"),
        ({"created_before": "2026-13-01T00:00:00Z"}, "created_before"),
        ({"password": "x"}, "password"),
        ({"email__startswith": "x"}, "email__startswith"),
        ({"ordering": "password"}, "ordering"),
        ({"ordering": "--email"}, "ordering"),
        ({"ordering": ""}, "ordering"),
    ],
)
def test_a_filter_or_order_that_makes_no_sense_is_named(params, field):
    with pytest.raises(InvalidInput) as caught:
        filters.accounts(params, User.objects.all())

    assert list(caught.value.details) == [field]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("email", ("email", "id")),
        ("-email", ("-email", "-id")),
        ("username", ("username", "id")),
        ("created_at", ("created_at", "id")),
    ],
)
def test_every_order_ends_with_the_id(text, order):
    assert filters.accounts({"ordering": text}, User.objects.all())[1] == order


def test_the_newest_accounts_come_first_unless_said():
    assert filters.accounts({}, User.objects.all())[1] == ("-created_at", "-id")
