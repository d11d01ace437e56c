"""The demo data: complete, and the same after every run."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from factories import balance, broken_books

from shared.testing.race import together
from users.models import SigningKey, Transfer, User

pytestmark = pytest.mark.django_db

DEMO = "Demo-Passw0rd!"


@pytest.fixture(autouse=True)
def password(settings):
    settings.SEED_PASSWORD = DEMO


def login(api, email, password=DEMO):
    return api().post("auth/login/", {"email": email, "password": password})


def test_seeding_twice_makes_everything_once(api):
    call_command("seed")
    call_command("seed")

    admin, demo = (
        User.objects.get(email="admin@plaza.example"),
        User.objects.get(email="demo@plaza.example"),
    )
    assert User.objects.count() == 2
    assert (admin.is_staff, demo.is_staff) == (True, False)
    assert (admin.is_verified, demo.is_verified) == (True, True)
    assert (balance(demo), Transfer.objects.count()) == (Decimal("10000.00"), 1)
    assert SigningKey.objects.count() == 1
    assert login(api, "demo@plaza.example").json()["user"]["id"] == str(demo.id)
    assert broken_books() == []


def test_another_password_replaces_the_old_one(api, settings):
    call_command("seed")
    settings.SEED_PASSWORD = "Other-Passw0rd!"
    call_command("seed")

    assert login(api, "admin@plaza.example").status_code == 401
    assert login(api, "admin@plaza.example", "Other-Passw0rd!").status_code == 200


def test_spent_demo_money_is_not_given_again():
    from users.domain.ledger import Kind
    from users.services import ledger

    call_command("seed")
    demo = User.objects.get(email="demo@plaza.example")
    ledger.take(demo.id, Decimal("10000.00"))
    ledger.record(kind=Kind.PAYMENT, amount=Decimal("10000.00"), wallet_id=demo.id, order_id=demo.id)

    call_command("seed")

    assert balance(demo) == 0


@pytest.mark.parametrize(("value", "text"), [(None, "SEED_PASSWORD is missing"), ("weak", "too weak")])
def test_a_missing_or_weak_password_is_a_clear_error(settings, value, text):
    settings.SEED_PASSWORD = value

    with pytest.raises(CommandError, match=text):
        call_command("seed")
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_seeds_that_run_together_make_everything_once():
    assert together(4, lambda _: call_command("seed")) == [None] * 4

    assert User.objects.count() == 2
    assert Transfer.objects.count() == 1
