"""Fixtures of every Django suite; a suite's conftest takes them with a star import."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

import pytest

from shared.auth import keys, subjects
from shared.http.ready import layer
from shared.testing.api import Api

__all__ = ["api", "public_address", "trusted_test_key"]


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
