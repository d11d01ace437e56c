"""What a view says about its answer, for the layer in front of Django; it travels in the WSGI environment."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpResponse
from rest_framework.request import Request

from shared.auth.principal import Principal

SECONDS = "plaza.kept_seconds"  # for how long the answer may be given to others
ROUTE = "plaza.route"  # the template of the path
UNSENT = "plaza.unsent_body"  # the body that a 304 leaves out

View = TypeVar("View", bound=Callable[..., HttpResponse])


def kept(*, seconds: float) -> Callable[[View], View]:
    """Let the answer of a GET be given to everybody who is not staff, until the generation changes.

    Args:
        seconds: the longest, for what changes without a new generation.
    """

    def decorate(method: View) -> View:
        @wraps(method)
        def answered(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            response = method(view, request, *args, **kwargs)
            if not (isinstance(request.user, Principal) and request.user.is_staff):
                request._request.META[SECONDS] = seconds  # noqa: SLF001 (the Django request inside)
            return response

        return answered  # type: ignore[return-value]

    return decorate
