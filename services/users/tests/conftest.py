"""Fixtures of this suite."""

import time
from collections.abc import Iterator

import pytest
from factories import STAFF, UserFactory

from shared.auth import subjects
from shared.testing.plugin import *  # noqa: F403 (the fixtures of every Django suite)
from users.services import keys, passwords


@pytest.fixture(autouse=True)
def cheap_and_fresh(settings, monkeypatch) -> Iterator[None]:
    """Hash cheaply, and forget the keys of the test before."""
    settings.PASSWORD_MEMORY_KIB = 64
    monkeypatch.setattr(passwords.Argon2, "time_cost", 1)
    passwords.nobodys.cache_clear()
    keys.forget()
    yield
    passwords.nobodys.cache_clear()


@pytest.fixture
def own_keys(settings) -> None:
    """Trust the keys of the database instead of the test key."""
    settings.JWKS_PROVIDER = "users.selectors.keys.jwks"


@pytest.fixture
def settled_subjects(monkeypatch) -> None:
    """Take the reading of revoked tokens, which happens once a second, out of the counted queries."""
    monkeypatch.setattr(subjects, "_read_at", time.monotonic() + 3600)
    monkeypatch.setattr(subjects, "_revoked", subjects.Revoked())


@pytest.fixture
def user():
    """Return a customer to look at."""
    return UserFactory(email="Ann@shop.example", username="Ann", age=30)


@pytest.fixture
def staff(api):
    """Return a client of a member of staff."""
    return api(STAFF, roles=("staff",))
