"""The one family of errors: facts with a stable code, free of Django and of HTTP.

A rule's own error is declared beside the function that raises it, as a subclass of a kind below.
shared.http.errors maps kinds to HTTP once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

# Called with a row under its lock before the row is changed; refuses by raising.
Check = Callable[[Mapping[str, Any]], None]


class AppError(Exception):
    """A fact that stops an operation, told to a person by `message` and to a program by `code`.

    Args:
        message: one sentence for a person; the class's own when absent.
        details: field name -> list of texts, for input that names its fields.
        retry_after: seconds after which trying again makes sense.
        extra: further public facts about this error, JSON-ready.
    """

    code: ClassVar[str] = "server_error"
    message: str = "Something went wrong."

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Mapping[str, Sequence[str]] | None = None,
        retry_after: int | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.message = message or type(self).message
        self.details = {field: list(texts) for field, texts in (details or {}).items()}
        self.retry_after = retry_after
        self.extra = dict(extra or {})
        super().__init__(self.message)


class InvalidInput(AppError):
    """Input that cannot be understood; `details` names each field."""

    code = "validation_error"
    message = "The input is not valid."

    @classmethod
    def of(cls, details: Mapping[str, Sequence[str]]) -> "InvalidInput":
        """Return the error whose message is the first field's first text."""
        field, texts = next(iter(details.items()))
        return cls(f"{field}: {texts[0]}", details=details)


class BusinessRuleBroken(AppError):
    """A well-formed request that a rule of the business refuses."""

    code = "business_logic_error"
    message = "A rule of the business refuses this."


class NotAuthenticated(AppError):
    """Nobody is known to be asking."""

    code = "not_authenticated"
    message = "Authentication credentials were not provided."


class AuthenticationFailed(NotAuthenticated):
    """The credentials are wrong."""

    code = "authentication_failed"
    message = "The credentials are not valid."


class TokenNotValid(AuthenticationFailed):
    """The token is malformed, forged, expired or revoked."""

    code = "token_not_valid"
    message = "The token is not valid."


class InsufficientPermissions(AppError):
    """The one who asks may not do this."""

    code = "insufficient_permissions"
    message = "You do not have permission to do this."


class NotFound(AppError):
    """There is no such thing, or it is somebody else's."""

    code = "not_found"
    message = "Not found."


class Conflict(AppError):
    """The thing is in a state that does not allow this now."""

    code = "conflict"
    message = "This conflicts with the present state."


class PreconditionFailed(AppError):
    """The thing has changed since the caller last saw it."""

    code = "precondition_failed"
    message = "The resource has changed since you last read it."


class KeyReused(AppError):
    """An idempotency key came back with another request."""

    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used with a different request."


class TooLarge(AppError):
    """What was sent is larger than what is accepted."""

    code = "request_too_large"
    message = "The body is larger than this endpoint accepts."


class Throttled(AppError):
    """Too many requests of one kind in a time."""

    code = "throttled"
    message = "Too many requests."


class Unavailable(AppError):
    """A part that this needs is down; trying again later makes sense."""

    code = "service_unavailable"
    message = "The service is not available at the moment."
