"""The base of all views: strict parameters and bodies in, the request's dialect out."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from shared.auth.principal import Principal
from shared.db.lists import Rows
from shared.errors import Check, InvalidInput, PreconditionFailed
from shared.http import dialects, operations, pagination, tags
from shared.http.asked import Asked
from shared.http.ready import keeping
from shared.http.renderers import dumps
from shared.http.serializers import Output

_SAFE = ("GET", "HEAD", "OPTIONS")
_TAGGED = ("GET", "HEAD", "PUT", "PATCH")


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
            known = {*self.query_params, *(self._asked.paging if self.paginated else ())}
        self._asked.refuse_unknown(known)

    @property
    def operation(self) -> operations.Operation:
        """Return what the present method declares to take and give."""
        return operations.of(self, self.request.method)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]  # as every method here
        """Answer which methods there are; the OpenAPI document says the rest."""
        del request, args, kwargs
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def body(self) -> dict[str, Any]:
        """Return the checked body; raises DRF's ValidationError or InvalidInput, which name each wrong field."""
        if self.request.method != "POST" and self.request._request.META.get("CONTENT_LENGTH", "0") in {"", "0"}:  # noqa: SLF001 (the Django request inside)
            raise InvalidInput("A body is required; an empty object changes nothing.")
        kind = cast("type[serializers.Serializer[Any]]", self.operation.takes)
        serializer = kind(data=self.request.data, partial=self.request.method == "PATCH", context={"view": self})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def filters(self) -> QueryDict:
        """Return the query parameters without those of pagination."""
        return self._asked.filters()

    def reply(
        self, row: Any, *, status: int | None = None, headers: Mapping[str, str] | None = None, tagged: bool = True
    ) -> HttpResponse:
        """Return one thing in the dialect, as the operation declares it.

        In v2 it carries an ETag, and If-None-Match is honoured (RFC 9110, sections 8.8.3 and 13.1.2).

        Args:
            row: what the declared output picks its fields from.
            status: when it is not the declared one.
            headers: further headers.
            tagged: whether the answer shows a thing that can be read and changed here.
        """
        declared = self.operation
        body = self._rendered(row)
        response = HttpResponse(
            body, status=status or declared.status, headers=dict(headers or {}), content_type="application/json"
        )
        if self.dialect.keyset and tagged and self.request.method in _TAGGED:
            response["ETag"] = tags.tag_of(body)
            if self.request.method in _SAFE and tags.match(
                self.request.headers.get("If-None-Match", ""), response["ETag"]
            ):
                return self._unchanged(response)
        return response

    def _unchanged(self, response: HttpResponse) -> HttpResponse:
        """Return 304 in place of an answer; its body stays in reach for whoever keeps it for others."""
        self.request._request.META[keeping.UNSENT] = response.content  # noqa: SLF001 (the Django request inside)
        unchanged = HttpResponse(status=304, headers={"ETag": response["ETag"]})
        del unchanged["Content-Type"]
        return unchanged

    def precondition(self) -> Check | None:
        """Return what refuses a row that is not the one of If-Match (RFC 9110, section 13.1.1); None: nothing asked.

        The service calls it under the row's lock; it raises PreconditionFailed. In v1 the last write wins.
        """
        given = self.request.headers.get("If-Match")
        if given is None or not self.dialect.keyset or given.strip() == "*":
            return None
        named = {each.strip() for each in given.split(",")}

        def check(row: Mapping[str, Any]) -> None:
            if tags.tag_of(self._rendered(row)) not in named:
                raise PreconditionFailed

        return check

    def _rendered(self, row: Any) -> bytes:
        """Return a row as the body of an answer."""
        gives = self.operation.gives
        return dumps(self.dialect.one(gives.of(row) if gives else row))

    def download(self, pieces: Iterator[bytes], *, filename: str) -> StreamingHttpResponse:
        """Return a streamed file; what fails before its first piece is still an ordinary error.

        Args:
            pieces: the content, bit by bit.
            filename: what the file should be called, in ASCII without quotes.
        """
        headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
        stream = _begun(next(pieces), pieces)
        return StreamingHttpResponse(stream, headers=headers, content_type=self.operation.media_type)

    def no_content(self) -> HttpResponse:
        """Return 204."""
        return HttpResponse(status=204)

    def page(
        self,
        source: QuerySet[Any] | Rows,
        *,
        order: tuple[str, ...],
        complete: pagination.Complete = list,
    ) -> HttpResponse:
        """Return one page of a list in the dialect.

        Args:
            source: the filtered rows, as dictionaries that contain the ordering fields.
            order: ordering fields, the last of them unique.
            complete: adds to the page's rows what needs one further query for all of them.
        """
        row = cast("type[Output]", self.operation.gives).of
        body = self._asked.page(source, order=order, row=row, complete=complete)
        return HttpResponse(body, content_type="application/json")

    @property
    def _asked(self) -> Asked:
        """Return what the request asks for."""
        return Asked(self.dialect, self.request.path, self.request.query_params)


def _begun(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Yield all pieces; closing this closes their source too."""
    yield first
    yield from rest
