"""The variables of users: wrong ones are named, never shown."""

import pytest
from cryptography.fernet import Fernet

from shared.settings import environment
from users.settings import UsersEnvironment

GOOD = Fernet.generate_key().decode()
OTHER = Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def unchanged_environment(monkeypatch):
    """Keep the environment of the running suite."""
    monkeypatch.setattr(environment, "_current", environment.current())


def wrong(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(environment.WrongSettings) as caught:
        environment.load(UsersEnvironment)
    return str(caught.value)


@pytest.mark.parametrize("value", ["secret-but-wrong", f"{GOOD},secret-but-wrong", GOOD[:-4]])
def test_a_wrong_field_key_is_named_and_not_shown(monkeypatch, value):
    report = wrong(monkeypatch, FIELD_KEYS=value)

    assert "FIELD_KEYS" in report
    assert "is no Fernet key" in report
    assert value not in report
    assert "secret-but-wrong" not in report


def test_no_field_key_at_all_is_an_error(monkeypatch):
    monkeypatch.delenv("FIELD_KEYS")

    assert "FIELD_KEYS: Field required" in wrong(monkeypatch)
    assert "FIELD_KEYS" in wrong(monkeypatch, FIELD_KEYS=" , ")


def test_several_field_keys_keep_their_order(monkeypatch):
    monkeypatch.setenv("FIELD_KEYS", f"{GOOD}, {OTHER}")

    found = environment.load(UsersEnvironment)

    assert [key.get_secret_value() for key in found.field_keys] == [GOOD, OTHER]


@pytest.mark.parametrize("other", ["SECRET_KEY", "FIELD_KEYS"])
def test_the_index_key_is_a_key_of_its_own(monkeypatch, other):
    monkeypatch.setenv(other, GOOD)
    if other == "FIELD_KEYS":
        monkeypatch.setenv(other, f"{OTHER},{GOOD}")

    report = wrong(monkeypatch, FIELD_INDEX_KEY=GOOD)

    assert "FIELD_INDEX_KEY: Value error, this must be a key of its own" in report
    assert GOOD not in report


def test_a_short_or_missing_index_key_is_named(monkeypatch):
    assert "FIELD_INDEX_KEY" in wrong(monkeypatch, FIELD_INDEX_KEY="x" * 31)
    monkeypatch.delenv("FIELD_INDEX_KEY")
    with pytest.raises(environment.WrongSettings, match="FIELD_INDEX_KEY: Field required"):
        environment.load(UsersEnvironment)


@pytest.mark.parametrize("value", ["5", "5/week", "0/min", "-1/min"])
def test_a_wrong_rate_is_named(monkeypatch, value):
    assert "LOGIN_RATE" in wrong(monkeypatch, LOGIN_RATE=value)


@pytest.mark.parametrize("value", ["mail.example:25", "http://mail.example", "smtp://:2525"])
def test_a_wrong_mail_server_is_named_and_not_shown(monkeypatch, value):
    report = wrong(monkeypatch, MAIL_URL=value)

    assert "MAIL_URL" in report
    assert value not in report


def test_every_wrong_variable_is_reported_at_once(monkeypatch):
    report = wrong(monkeypatch, FIELD_KEYS="x", LOGIN_RATE="x", PASSWORD_MEMORY_KIB="1", MAIL_URL="x")

    assert all(name in report for name in ("FIELD_KEYS", "LOGIN_RATE", "PASSWORD_MEMORY_KIB", "MAIL_URL"))


def test_a_mail_server_is_accepted(monkeypatch):
    monkeypatch.setenv("MAIL_URL", "smtps://me:pass@mail.example:465")

    assert environment.load(UsersEnvironment).mail_url is not None
