"""Fixtures of every Django suite; a suite's conftest takes them with a star import."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import TransactionTestCase

from shared.auth import keys, subjects
from shared.http.ready import layer
from shared.testing.api import Api

__all__ = ["api", "filled_tables_are_emptied", "public_address", "trusted_test_key"]


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


@pytest.fixture
def api() -> Callable[..., Api]:
    """Make API clients, for example `api(user_id, roles=("staff",), version="v1")`."""

    def make(user_id: UUID | None = None, roles: Iterable[str] = (), version: str = "v2") -> Api:
        return Api(user_id, roles, version)

    return make
