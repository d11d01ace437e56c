"""Lists that are read page by page: of a queryset, or of SQL put together from a program's own texts.

To build a queryset and write its SQL takes more of Python's time than all the rest of a request. So lists that come
often are a `Listing` (record 18).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, cast

import orjson
from django.db import connection, models
from django.db.models import Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from shared.db import prepared

Row: TypeAlias = dict[str, Any]
Field: TypeAlias = "models.Field[Any, Any]"
Statement: TypeAlias = "tuple[str, Mapping[str, Any] | Sequence[Any]]"


class Rows(Protocol):
    """A list of which nothing has been read yet."""

    def field(self, name: str) -> Field:
        """Return the field behind a column."""

    def page(self, *, order: Sequence[str], after: Sequence[Any] | None = None, start: int = 0, stop: int) -> list[Row]:
        """Return some of the rows.

        Args:
            order: names of columns, with a minus when they fall.
            after: values of these columns, to begin behind them.
            start: rows to leave out.
            stop: up to which row.
        """

    def count(self, most: int) -> int:
        """Return how many rows there are, or `most` when they are more."""

    def expected(self) -> int:
        """Return how many rows the planner expects, which rests on the statistics of the last ANALYZE."""

    def statement(self, names: Sequence[str], *, order: Sequence[str]) -> Statement:
        """Return the SQL that reads these columns of all rows, and its values."""


def of(source: "QuerySet[Any] | Rows") -> Rows:
    """Return a queryset of `.values()`, or what is one already, as rows."""
    return Queried(source) if isinstance(source, QuerySet) else source


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Rows of a list that is said in SQL.

    Args:
        model: has the columns' fields.
        columns: name -> SQL; `a__b` is field b of what field a refers to.
        source: what follows FROM.
        conditions: all of them hold of each row.
        values: of the placeholders of source and conditions; what a client says is here and nowhere else.
        computed: fields of columns that the model does not have.
        abundant: whether a sample was full of such rows; then they are not counted when the planner, too, expects more
            than twice as many as would be.
    """

    model: type[models.Model]
    columns: Mapping[str, str]
    source: str
    conditions: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    computed: Mapping[str, Field] = field(default_factory=dict)
    abundant: bool = False

    def field(self, name: str) -> Field:
        """Return the field behind a column."""
        return self.computed.get(name) or _field(self.model, name)

    def page(self, *, order: Sequence[str], after: Sequence[Any] | None = None, start: int = 0, stop: int) -> list[Row]:
        """Return some of the rows; all of the order's columns must go one way."""
        beyond, places = self._beyond(order, after) if after else ((), {})
        sql = f"{self._select(self.columns, order, *beyond)} LIMIT {stop - start} OFFSET {start}"
        names = tuple(self.columns)
        values = {**self.values, **places}
        # Without filters there is one best plan, whatever the page: the index of the order.
        rows = _fetched(sql, values) if self.values else prepared.rows(sql, values)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def count(self, most: int) -> int:
        """Return how many rows there are, or `most` when they are more."""
        if self.abundant and self.expected() > 2 * most:
            return most
        sql = f"SELECT count(*) FROM ({self._select({}, ())} LIMIT {most}) AS counted"  # noqa: S608 (own texts)
        return cast("int", _fetched(sql, self.values)[0][0])

    def expected(self) -> int:
        """Return how many rows the planner expects."""
        return _planned(_fetched(f"EXPLAIN (FORMAT JSON) {self._select({}, ())}", self.values)[0][0])

    def statement(self, names: Sequence[str], *, order: Sequence[str]) -> Statement:
        """Return the SQL that reads these columns of all rows, and its values."""
        return self._select({name: self.columns[name] for name in names}, order), self.values

    def _select(self, columns: Mapping[str, str], order: Sequence[str], *further: str) -> str:
        """Return a SELECT; without columns its rows are empty."""
        listed = ", ".join([f'{sql} AS "{name}"' for name, sql in columns.items()])
        chosen = " AND ".join([*self.conditions, *further]) or "true"
        ways = [f"{self.columns[name.lstrip('-')]}{' DESC' if name[0] == '-' else ''}" for name in order]
        ordered = f" ORDER BY {', '.join(ways)}" if ways else ""
        return f"SELECT {listed} FROM {self.source} WHERE {chosen}{ordered}"  # noqa: S608 (own texts)

    def _beyond(self, order: Sequence[str], after: Sequence[Any]) -> tuple[tuple[str], dict[str, Any]]:
        """Return the condition for rows behind these values: one comparison, by which an index finds the place."""
        names = [self.columns[name.lstrip("-")] for name in order]
        places = {f"after_{number}": value for number, value in enumerate(after)}
        marks = ", ".join([f"%({name})s" for name in places])
        return (f"({', '.join(names)}) {'<' if order[0][0] == '-' else '>'} ({marks})",), places


class Queried:
    """Rows of a queryset.

    Args:
        queryset: of `.values()`, unordered.
    """

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self._queryset = queryset

    def field(self, name: str) -> Field:
        """Return the field behind a column, or that a computed one gives."""
        computed = self._queryset.query.annotations.get(name)
        return _field(self._queryset.model, name) if computed is None else computed.output_field

    def page(self, *, order: Sequence[str], after: Sequence[Any] | None = None, start: int = 0, stop: int) -> list[Row]:
        """Return some of the rows."""
        rows = self._queryset.order_by(*order)
        return list((rows if after is None else rows.filter(_beyond(order, after)))[start:stop])

    def count(self, most: int) -> int:
        """Return how many rows there are, or `most` when they are more."""
        return self._bare()[:most].count()

    def expected(self) -> int:
        """Return how many rows the planner expects."""
        return _planned(self._bare().explain(format="json"))

    def statement(self, names: Sequence[str], *, order: Sequence[str]) -> Statement:
        """Return the SQL that reads these columns of all rows, and its values; raises EmptyResultSet."""
        rows = self._queryset.order_by(*order) if order else self._queryset
        query, values = rows.values_list(*names).query.sql_with_params()
        return query, values

    def _bare(self) -> QuerySet[Any, Any]:
        """Return the rows as short as can be."""
        return self._queryset.order_by().values("pk")


def _field(model: Any, name: str) -> Field:
    """Return the field behind a column of a model or of what it refers to."""
    *path, last = name.split("__")
    for step in path:
        model = model._meta.get_field(step).related_model  # noqa: SLF001 (public API)
    return cast("Field", model._meta.get_field(last))  # noqa: SLF001 (public API)


def _fetched(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cast("list[tuple[Any, ...]]", cursor.fetchall())


def _planned(plan: Any) -> int:
    """Return how many rows a plan in JSON, read already or not, expects."""
    read = plan if isinstance(plan, list) else orjson.loads(plan)
    return int(read[0]["Plan"]["Plan Rows"])


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q | TupleGreaterThan | TupleLessThan:
    """Return the condition for rows after the given ordering values."""
    names = [name.lstrip("-") for name in order]
    downwards = {name.startswith("-") for name in order}
    if len(downwards) == 1:  # one comparison of rows, which an index answers by going to the place
        comparison = TupleLessThan if downwards.pop() else TupleGreaterThan
        return comparison(Tuple(*names), tuple(values))
    condition, equal = Q(), Q()
    for name, value in zip(order, values, strict=True):
        column = name.lstrip("-")
        condition |= equal & Q(**{f"{column}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal &= Q(**{column: value})
    # Implied by the rest, and what lets the index bound the scan.
    return condition & Q(**{f"{names[0]}__{'lte' if order[0].startswith('-') else 'gte'}": values[0]})
