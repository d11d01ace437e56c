"""Registration: what is written, what is refused, and that the database decides a race."""

import logging

import pytest
from factories import PASSWORD, UserFactory, balance

from shared.events.contracts import MailRequested, UserRegistered
from shared.testing.events import said
from shared.testing.race import together
from users.models import User, Wallet

ANN = {"email": "Ann@Shop.Example", "username": "Ann", "password": PASSWORD, "password_confirm": PASSWORD}


@pytest.mark.django_db
def test_registering_makes_an_account_a_wallet_and_three_events(api):
    response = api().post("users/", ANN | {"age": 30})

    user = User.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": str(user.id),
        "email": "Ann@shop.example",
        "username": "Ann",
        "user_type": "regular",
        "age": 30,
        "bio": "",
        "avatar_url": "",
        "location": "",
        "phone_number": None,
        "is_verified": False,
        "is_staff": False,
        "created_at": response.json()["created_at"],
        "updated_at": response.json()["updated_at"],
    }
    assert balance(user) == 0
    assert said() == [
        UserRegistered(user_id=user.id),
        MailRequested(user_id=user.id, kind="welcome"),
        MailRequested(user_id=user.id, kind="verification"),
    ]
    assert user.password.startswith("argon2$argon2id$")
    assert user.email_key == "ann@shop.example"


@pytest.mark.django_db
def test_v1_wraps_the_account(api):
    response = api(version="v1").post("users/", ANN)

    assert response.status_code == 201
    assert response.json()["data"]["username"] == "Ann"
    assert "Deprecation" in response.headers


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"password": "weak", "password_confirm": "weak"}, "password"),
        ({"password_confirm": "Other-Horse-7"}, "password_confirm"),
        ({"age": 12}, "age"),
        ({"is_staff": True}, "is_staff"),
        ({"balance": "1000000.00"}, "balance"),
    ],
)
def test_a_refused_registration_names_the_field_and_writes_nothing(api, change, field):
    v2, v1 = api().post("users/", ANN | change), api(version="v1").post("users/", ANN | change)

    assert (v2.status_code, v1.status_code) == (400, 400)
    assert v2.json()["code"] == "validation_error"
    assert list(v2.json()["errors"]) == [field]
    assert v2.json()["detail"].startswith(f"{field}: ")
    assert v1.json()["error"]["code"] == "validation_error"
    assert list(v1.json()["error"]["details"]) == [field]
    assert not User.objects.exists()
    assert not Wallet.objects.exists()
    assert said() == []


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["ann@shop.example", "ANN@SHOP.EXAMPLE", "aNN@shop.Example", "ann@\uff33hop.example"])
def test_an_address_is_taken_in_every_case(api, email):
    UserFactory(email="Ann@shop.example")

    response = api().post("users/", ANN | {"email": email})

    assert response.status_code == 400
    assert response.json()["errors"] == {"email": ["A user with this e-mail address already exists."]}
    assert User.objects.count() == 1
    assert said() == []


@pytest.mark.django_db
def test_a_stale_token_does_not_keep_anybody_from_registering(api):
    response = api().post("users/", ANN, Authorization="Bearer stale")

    assert response.status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_forty_parallel_registrations_one_wins(api):
    spellings = ["ann@shop.example", "ANN@shop.example", "Ann@Shop.Example", "ann@\uff53hop.example"]

    def register(number):
        return api().post("users/", ANN | {"email": spellings[number % 4]})

    responses = together(40, register)

    assert sorted(each.status_code for each in responses) == [201] + [400] * 39
    assert {tuple(each.json()["errors"]) for each in responses if each.status_code == 400} == {("email",)}
    assert User.objects.count() == Wallet.objects.count() == 1
    assert len(said()) == 3


@pytest.mark.django_db
def test_registration_is_logged_without_personal_data(api, caplog):
    caplog.set_level(logging.INFO)

    api().post("users/", ANN)
    api().post("users/", ANN)

    events = [record.getMessage() for record in caplog.records if record.name == "users.services.accounts"]
    assert events == [
        "registration_attempted",
        "registration_succeeded",
        "registration_attempted",
        "registration_refused",
    ]
    written = " ".join(str(vars(record)) for record in caplog.records).lower()
    assert "ann@" not in written
    assert PASSWORD.lower() not in written


@pytest.mark.django_db
def test_another_broken_constraint_is_not_taken_for_a_taken_address():
    from django.db import IntegrityError

    from users.services import accounts

    with pytest.raises(IntegrityError):
        accounts.user_register(email="ann@shop.example", username="Ann", password=PASSWORD, age=500)
    assert not User.objects.exists()
