"""Every error as HTTP: one map from kinds of AppError to statuses, and the shapes of what DRF and Django raise."""

import logging
import sys
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import (
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions as drf

from shared import context, errors
from shared.db.faults import is_outage
from shared.http import dialects
from shared.http.renderers import dumps

log = logging.getLogger(__name__)

STATUSES: dict[type[errors.AppError], int] = {
    errors.InvalidInput: 400,
    errors.BusinessRuleBroken: 400,
    errors.NotAuthenticated: 401,
    errors.InsufficientPermissions: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.TooLarge: 413,
    errors.KeyReused: 422,
    errors.Throttled: 429,
    errors.Unavailable: 503,
}
_DRF_CODES = {
    "not_authenticated": "not_authenticated",
    "permission_denied": "insufficient_permissions",
    "not_found": "not_found",
    "method_not_allowed": "method_not_allowed",
    "not_acceptable": "not_acceptable",
    "unsupported_media_type": "unsupported_media_type",
    "throttled": "throttled",
    "parse_error": "validation_error",
    "invalid": "validation_error",
    "authentication_failed": "authentication_failed",
}
_OUTAGE_RETRY_SECONDS = 5


def status_of(error: errors.AppError) -> int:
    """Return the HTTP status of an error: that of its nearest kind, 500 when it has none."""
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)


def handle(exc: Exception, drf_context: Mapping[str, Any]) -> HttpResponse:
    """Return the answer to an exception in a view (DRF's EXCEPTION_HANDLER)."""
    request = drf_context["request"]._request  # noqa: SLF001 (the Django request inside)
    return answer(exc, request)


def answer(exc: Exception, request: HttpRequest) -> HttpResponse:
    """Return the answer to any exception, in the request's dialect.

    Expected refusals are not logged here (the request line has their status); a defect is, with its traceback.
    """
    status, error, headers = _understood(exc)
    if status == 500:  # noqa: PLR2004 (the one status that means a defect)
        log.error("unexpected_error", exc_info=exc, extra={"path": request.path, "method": request.method})
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    dialect = dialects.of(request)
    body = dumps(dialect.problem(_problem(status, error, request)))
    return HttpResponse(body, status=status, headers=headers, content_type=dialect.problem_type)


def _problem(status: int, error: errors.AppError, request: HttpRequest) -> dialects.Problem:
    """Return the error with the facts of its request."""
    return dialects.Problem(
        status=status,
        code=error.code,
        message=error.message,
        details=error.details,
        extra=error.extra,
        path=request.path,
        request_id=context.request_id.get(),
    )


def _understood(exc: Exception) -> tuple[int, errors.AppError, dict[str, str]]:
    """Return status, error and headers for any exception."""
    if isinstance(exc, errors.AppError):
        challenge = {"WWW-Authenticate": 'Bearer realm="plaza"'} if isinstance(exc, errors.NotAuthenticated) else {}
        return status_of(exc), exc, challenge
    if isinstance(exc, drf.APIException):
        return _from_drf(exc)
    if is_outage(exc):
        return 503, errors.Unavailable(retry_after=_OUTAGE_RETRY_SECONDS), {}
    return _from_django(exc)


def _from_django(exc: Exception) -> tuple[int, errors.AppError, dict[str, str]]:
    """Map Django's own exceptions; anything unknown is a defect whose text stays inside."""
    if isinstance(exc, Http404):
        return 404, errors.NotFound(), {}
    if isinstance(exc, PermissionDenied):
        return 403, errors.InsufficientPermissions(), {}
    if isinstance(exc, RequestDataTooBig):
        return 413, errors.TooLarge(), {}
    if isinstance(exc, DisallowedHost | SuspiciousOperation):
        return 400, errors.InvalidInput("The request is not acceptable."), {}
    return 500, errors.AppError(), {}


def _from_drf(exc: drf.APIException) -> tuple[int, errors.AppError, dict[str, str]]:
    """Map DRF's exceptions: our codes, the field errors as details, its headers."""
    headers = {"WWW-Authenticate": header} if (header := getattr(exc, "auth_header", None)) else {}
    if isinstance(exc, drf.ValidationError):
        return (
            400,
            errors.InvalidInput.of(flatten(exc.detail) or {"non_field_errors": ["Not valid."]}),
            headers,
        )
    code = _DRF_CODES.get(exc.default_code, exc.default_code)
    error = _coded(code, str(exc.detail))
    if wait := getattr(exc, "wait", None):
        error.retry_after = int(wait) + 1
    return exc.status_code, error, headers


def _coded(code: str, message: str) -> errors.AppError:
    """Return an error with a code that has no class of its own."""
    error = errors.AppError(message)
    error.code = code  # type: ignore[misc]
    return error


def flatten(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """Return DRF's nested error detail as dotted field -> texts, in order."""
    if isinstance(detail, dict):
        parts = [flatten(value, f"{prefix}.{key}" if prefix else str(key)) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(each, dict) for each in detail):
        parts = [
            flatten(each, f"{prefix}.{index}" if prefix else str(index)) for index, each in enumerate(detail) if each
        ]
    else:
        texts = detail if isinstance(detail, list) else [detail]
        return {prefix or "non_field_errors": [str(text) for text in texts]}
    return {field: texts for part in parts for field, texts in part.items()}


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a path that no route matches (handler404)."""
    del exception
    return answer(errors.NotFound("There is nothing at this address."), request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django refuses (handler400)."""
    return answer(exception, request)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a defect outside of DRF (handler500)."""
    exc = sys.exc_info()[1]
    return answer(exc if isinstance(exc, Exception) else errors.AppError(), request)
