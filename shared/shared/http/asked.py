"""What is asked for by a path and its query: strict parameters, and the page of a list that they choose."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict

from shared.db.lists import Rows
from shared.errors import InvalidInput
from shared.http import dialects, pagination
from shared.http.renderers import dumps


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to one of the API's addresses.

    Attributes:
        dialect: in which it is asked.
        path: of the address.
        query: its parameters.
    """

    dialect: dialects.V2
    path: str
    query: QueryDict

    @property
    def paging(self) -> frozenset[str]:
        """Return the names of the dialect's pagination parameters."""
        return pagination.PARAMETERS[self.dialect.name]

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Raise InvalidInput that names each parameter which is not known here."""
        unknown = sorted(set(self.query).difference(known))
        if unknown:
            raise InvalidInput.of({name: ["Unknown query parameter."] for name in unknown})

    def filters(self) -> QueryDict:
        """Return the parameters without those of pagination."""
        params = self.query.copy()
        for name in self.paging:
            params.pop(name, None)
        return params

    def page(
        self,
        source: QuerySet[Any] | Rows,
        *,
        order: Sequence[str],
        row: pagination.Row,
        complete: pagination.Complete = list,
    ) -> bytes:
        """Return the body of one page of a list.

        Args:
            source: the filtered rows, as dictionaries that contain the ordering fields.
            order: ordering fields, the last of them unique.
            row: makes a row's JSON.
            complete: adds to the page's rows what needs one further query for all of them.

        Raises:
            InvalidInput: names each wrong parameter.
            NoSuchPage: there are not so many.
        """
        params = {name: str(value) for name, value in self.query.items()}
        if not self.dialect.keyset:
            return dumps(pagination.numbered(source, params=params, order=order, row=row, complete=complete))

        def address(changes: Mapping[str, str]) -> str:
            return pagination.with_parameters(f"{settings.PUBLIC_URL}{self.path}", params, changes)

        return dumps(pagination.keyset(source, params=params, order=order, row=row, address=address, complete=complete))
