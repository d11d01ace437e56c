"""The base of all views: strict parameters and bodies in, the request's dialect out."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from shared.auth.principal import Principal
from shared.errors import InvalidInput
from shared.http import dialects, pagination
from shared.http.renderers import dumps

_SAFE = ("GET", "HEAD", "OPTIONS")


class ApiView(APIView):
    """A view that speaks both dialects; a subclass parses, makes one call inward and replies.

    Attributes:
        query_params: the query parameters that GET accepts besides those of pagination; anything else is refused.
    """

    query_params: ClassVar[Iterable[str]] = ()
    paginated: ClassVar[bool] = False

    @property
    def dialect(self) -> dialects.V2:
        """Return the dialect of the request."""
        return dialects.of(self.request._request)  # noqa: SLF001 (the Django request inside)

    @property
    def principal(self) -> Principal:
        """Return who is asking; only for views whose permission made sure of it."""
        return cast("Principal", self.request.user)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, permit, then refuse unknown query parameters by name."""
        super().initial(request, *args, **kwargs)
        known: set[str] = set()
        if request.method in _SAFE:
            known = {*self.query_params, *(self._page_params() if self.paginated else ())}
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            raise InvalidInput.of({name: ["Unknown query parameter."] for name in unknown})

    def body(self, kind: type[serializers.Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """Return the checked body; raises DRF's ValidationError that names each wrong field."""
        serializer = kind(data=self.request.data, partial=partial, context={"view": self})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def filters(self) -> QueryDict:
        """Return the query parameters without those of pagination."""
        params = self.request.query_params.copy()
        for name in self._page_params():
            params.pop(name, None)
        return params

    def reply(self, data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Return one thing in the dialect; in v2 a GET carries an ETag and honours If-None-Match (RFC 9110)."""
        body = dumps(self.dialect.one(data))
        response = HttpResponse(body, status=status, headers=dict(headers or {}), content_type="application/json")
        if self.dialect.keyset and self.request.method in _SAFE:
            response["ETag"] = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
            if _matches(self.request.headers.get("If-None-Match", ""), response["ETag"]):
                return HttpResponse(status=304, headers={"ETag": response["ETag"]})
        return response

    def no_content(self) -> HttpResponse:
        """Return 204."""
        return HttpResponse(status=204)

    def page(
        self,
        queryset: QuerySet[Any],
        *,
        row: pagination.Row,
        order: tuple[str, ...],
        complete: pagination.Complete = list,
    ) -> HttpResponse:
        """Return one page of a queryset of `.values()` in the dialect.

        Args:
            queryset: the filtered rows, as dictionaries that contain the ordering fields.
            row: makes a row's JSON value.
            order: ordering fields, the last of them unique.
            complete: adds to the page's rows what needs one further query for all of them.
        """
        params = {name: str(value) for name, value in self.request.query_params.items()}
        if self.dialect.keyset:
            body = pagination.keyset(
                queryset, params=params, order=order, row=row, address=self._address, complete=complete
            )
        else:
            body = pagination.numbered(queryset, params=params, order=order, row=row, complete=complete)
        return HttpResponse(dumps(body), content_type="application/json")

    def _page_params(self) -> frozenset[str]:
        """Return the names of the dialect's pagination parameters."""
        return pagination.PARAMETERS[self.dialect.name]

    def _address(self, changes: Mapping[str, str]) -> str:
        """Return this list's public address with some parameters changed."""
        params = {name: str(value) for name, value in self.request.query_params.items()}
        return pagination.with_parameters(f"{settings.PUBLIC_URL}{self.request.path}", params, changes)


def _matches(header: str, tag: str) -> bool:
    """Return whether an If-None-Match header names the tag (weak comparison)."""
    return header.strip() == "*" or tag in [each.strip().removeprefix("W/") for each in header.split(",")]
