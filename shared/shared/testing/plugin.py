"""Fixtures of every Django suite; a suite's conftest takes them with a star import."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import TransactionTestCase

from shared import hints
from shared.auth import keys, subjects
from shared.health import checks, heartbeat
from shared.http.ready import distant, flights, layer
from shared.http.throttles import buckets
from shared.testing import waiting
from shared.testing.api import Api
from shared.testing.clock import Clock

__all__ = [
    "api",
    "clock",
    "filled_tables_are_emptied",
    "patient_with_neighbours",
    "public_address",
    "trusted_test_key",
]


@pytest.fixture(scope="session", autouse=True)
def filled_tables_are_emptied() -> Iterator[None]:
    """Empty only tables with rows, after a test with transactions of its own: all cost PostgreSQL ten times more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: _empty())
        yield


def _empty() -> None:
    with connection.cursor() as cursor:
        known = connection.introspection.django_table_names(only_existing=True, include_views=False)
        tables = [connection.ops.quote_name(name) for name in known]
        asked = [f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables]  # noqa: S608 (own names)
        cursor.execute(" UNION ALL ".join(asked))
        filled = [table for (table,) in cursor.fetchall()]
        if filled:
            cursor.execute(f"TRUNCATE {', '.join(filled)} CASCADE")


@pytest.fixture(autouse=True)
def public_address(settings: Any) -> None:
    """Give the installation one address, whatever the environment says."""
    settings.PUBLIC_URL = "http://127.0.0.1:8080"


@pytest.fixture(autouse=True)
def trusted_test_key(settings: Any) -> Iterator[None]:
    """Trust the test key, and forget what was kept of keys, subjects and answers."""
    settings.JWKS_PROVIDER = "shared.testing.tokens.jwks"
    keys.forget()
    subjects.forget_cache()
    layer.forget()
    yield
    keys.forget()


@pytest.fixture(autouse=True)
def patient_with_neighbours(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait long for Valkey, for users and for other threads: on a busy machine a late answer is no outage."""
    for module in (hints, buckets, distant, flights, checks, heartbeat):
        monkeypatch.setattr(module, "_PATIENCE", waiting.PATIENCE)
    monkeypatch.setattr(heartbeat, "_PATIENCE_OF_MARKS", waiting.PATIENCE)
    settings.SLOW_QUERY_SECONDS = waiting.PATIENCE  # or there would be lines in the log that no test expects
    monkeypatch.setattr(keys, "PATIENCE_SECONDS", waiting.PATIENCE)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which a process reads anew who was revoked: it stands still, else counted queries would differ."""
    moved = Clock()
    monkeypatch.setattr(subjects, "time", moved)
    return moved


@pytest.fixture
def api() -> Callable[..., Api]:
    """Make API clients, for example `api(user_id, roles=("staff",), version="v1")`."""

    def make(user_id: UUID | None = None, roles: Iterable[str] = (), version: str = "v2") -> Api:
        return Api(user_id, roles, version)

    return make
