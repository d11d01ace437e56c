"""Whether a service keeps to its own OpenAPI document, asked by generated requests (schemathesis)."""

from contextlib import closing
from typing import Any

import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.config import SchemathesisConfig
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
# The same requests in every run; each is one transaction of the test, which no request closes.
generated = settings(
    max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
# For the older version, and for whom most of it is refused: what answers them is the same view.
sampled = settings(generated, max_examples=4)


def operations(application: Any, *, version: str, thorough: bool = True) -> Any:
    """Return the operations of a version, for `@….parametrize()` above `@conformance.generated`.

    Args:
        application: the service's WSGI application.
        version: v1 or v2.
        thorough: also every boundary of every field and parameter, one by one; both versions share their views.
    """
    config = SchemathesisConfig.from_dict({"phases": {"coverage": {"enabled": thorough}}})
    whole = schemathesis.openapi.from_wsgi("/openapi.json", _in_one_transaction(application), config=config)
    return whole.include(path_regex=f"^/api/{version}/")


def ask(case: Any, *, token: str | None = None) -> None:
    """Send a generated request and compare the answer with the document.

    Args:
        case: what schemathesis made up.
        token: an access token; without one the request is anonymous.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    case.call_and_validate(headers=headers, checks=_CHECKS)


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
