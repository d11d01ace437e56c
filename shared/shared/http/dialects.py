"""The two dialects of the API: v1, the deprecated envelopes, and v2, bare objects and problem details (RFC 9457).

The same views answer both; everything that differs between the versions is here and in pagination.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest

# v1 was deprecated from the start (RFC 9745 wants the moment as @epoch).
_DEPRECATED_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error on its way out, before a dialect gives it a shape."""

    status: int
    code: str
    message: str
    details: Mapping[str, list[str]]
    extra: Mapping[str, Any]
    path: str
    request_id: str


class V2:
    """The present version: bare objects, keyset lists, problem details."""

    name = "v2"
    problem_type = "application/problem+json"
    keyset = True

    def one(self, data: Any) -> Any:
        """Return the body of a single thing."""
        return data

    def problem(self, problem: Problem) -> dict[str, Any]:
        """Return the body of an error (RFC 9457)."""
        return {
            "type": f"{settings.PUBLIC_URL}/problems/{problem.code}",
            "title": HTTPStatus(problem.status).phrase,
            "status": problem.status,
            "detail": problem.message,
            "instance": problem.path,
            "code": problem.code,
            "errors": dict(problem.details),
            "request_id": problem.request_id,
            **problem.extra,
        }

    def headers(self, path: str) -> dict[str, str]:
        """Return the headers that every answer of this version carries."""
        del path
        return {}


class V1(V2):
    """The deprecated version: everything in an envelope, page numbers with totals."""

    name = "v1"
    problem_type = "application/json"
    keyset = False

    def one(self, data: Any) -> Any:
        """Return the body of a single thing, in its envelope."""
        return {"data": data}

    def problem(self, problem: Problem) -> dict[str, Any]:
        """Return the body of an error, in its envelope."""
        error = {
            "status_code": problem.status,
            "message": problem.message,
            "code": problem.code,
            "details": {**problem.details, **problem.extra},
        }
        return {"error": error}

    def headers(self, path: str) -> dict[str, str]:
        """Return the deprecation headers (RFC 9745, RFC 8594) and the successor's address."""
        sunset = datetime.fromisoformat(settings.V1_SUNSET).replace(tzinfo=UTC)
        successor = settings.PUBLIC_URL + quote(path.replace("/api/v1/", "/api/v2/", 1))
        return {
            "Deprecation": f"@{int(_DEPRECATED_SINCE.timestamp())}",
            "Sunset": format_datetime(sunset, usegmt=True),
            "Link": f'<{successor}>; rel="successor-version"',
        }


DIALECTS: dict[str, V2] = {"v1": V1(), "v2": V2()}


def of(request: HttpRequest) -> V2:
    """Return the dialect of a request: by its path, else by its API-Version header, else the present one."""
    for name, dialect in DIALECTS.items():
        if request.path.startswith(f"/api/{name}/"):
            return dialect
    return DIALECTS.get(request.headers.get("API-Version", ""), DIALECTS["v2"])
