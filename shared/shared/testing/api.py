"""A client of one service's API, as a user with a token."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.test import Client

from shared.testing.tokens import token


class Api:
    """Calls /api/<version>/… as one user.

    Args:
        user_id: whose token is sent; nobody's when absent.
        roles: of that token.
        version: of the API.
    """

    def __init__(self, user_id: UUID | None = None, roles: Iterable[str] = (), version: str = "v2") -> None:
        self._client = Client(raise_request_exception=False)
        self._base = f"/api/{version}/"
        self._headers = {"Authorization": f"Bearer {token(user_id, roles=roles)}"} if user_id else {}

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
        """Send a GET."""
        return self._client.get(self._base + path, query or {}, headers={**self._headers, **_named(headers)})  # type: ignore[return-value]

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Send any method with a JSON body."""
        call = getattr(self._client, method.lower())
        everything = {**self._headers, **_named(headers)}
        return call(self._base + path, body, content_type="application/json", headers=everything)  # type: ignore[no-any-return]

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Send a POST with a JSON body."""
        return self.send("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Send a PATCH with a JSON body."""
        return self.send("PATCH", path, {} if body is None else body, **headers)


def _named(headers: dict[str, str]) -> dict[str, str]:
    """Turn idempotency_key="…" into the header's name."""
    return {name.replace("_", "-"): value for name, value in headers.items()}
