"""What an endpoint takes and gives, declared once: views act on it, and the OpenAPI document is made from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from rest_framework import serializers

from shared.errors import AppError
from shared.http.serializers import Output

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one endpoint.

    Attributes:
        takes: the body; none when absent.
        gives: one thing of the answer, of which a paginated view gives a list; none when absent.
        status: of the answer to success.
        also: further statuses of success with the same body.
        refusals: facts that may refuse it, besides those that follow from the rest.
        guarded: whether If-Match is honoured (v2).
        media_type: of the answer.
        headers: names of request headers with a meaning here, such as Prefer.
        located: whether the answer says in Location where the new thing is.
        keyed: whether an Idempotency-Key is honoured further in than at this method.
    """

    takes: type[serializers.BaseSerializer[Any]] | None = None
    gives: type[Output] | None = None
    status: int = 200
    also: tuple[int, ...] = ()
    refusals: tuple[type[AppError], ...] = ()
    guarded: bool = False
    media_type: str = "application/json"
    headers: tuple[str, ...] = ()
    located: bool = False
    keyed: bool = False


def operation(**facts: Any) -> Callable[[Method], Method]:
    """Declare what a view's method takes and gives.

    Args:
        facts: the attributes of Operation.
    """
    declared = Operation(**facts)

    def decorate(method: Method) -> Method:
        method.operation = declared  # type: ignore[attr-defined]
        return method

    return decorate


def of(view: object, method: str | None) -> Operation:
    """Return the declaration of a view's method; an empty one when there is none."""
    found: Operation | None = getattr(getattr(view, (method or "").lower(), None), "operation", None)
    return found or _NOTHING


_NOTHING = Operation()
