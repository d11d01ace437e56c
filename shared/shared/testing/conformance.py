"""Whether a service keeps to its own OpenAPI document, asked by generated requests (schemathesis)."""

from contextlib import closing
from typing import Any

import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

_CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
    openapi_checks.missing_required_header,
]


def schema(application: Any) -> Any:
    """Return the document of this service for `@schema.parametrize()`.

    Args:
        application: the service's WSGI application.
    """
    return schemathesis.openapi.from_wsgi("/openapi.json", _in_one_transaction(application))


def _in_one_transaction(application: Any) -> Any:
    """Return the application that leaves the test's database connection open, as Django's test client does."""

    def kept(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        try:
            with closing(application(environ, start_response)) as body:
                return list(body)
        finally:
            for signal in (request_started, request_finished):
                signal.connect(close_old_connections)

    return kept


def ask(case: Any, *, token: str | None = None) -> None:
    """Send a generated request and compare the answer with the document.

    Args:
        case: what schemathesis made up.
        token: an access token; a made-up one in its place is left alone.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    case.call_and_validate(headers=headers, checks=_CHECKS)
