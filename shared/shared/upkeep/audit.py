"""The audit: the SQL invariants of a service, looked at one by one; for the command, the gauges and a restore."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection, transaction
from django.utils.module_loading import import_string

from shared.db.faults import is_outage
from shared.upkeep import invariants

_MOST_ROWS = 20
_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one invariant's query found: how many rows contradict it, the first of them, or why it failed."""

    name: str
    count: int = 0
    rows: tuple[dict[str, Any], ...] = ()
    fault: str = ""

    @property
    def state(self) -> str:
        """The finding in a word: ok, violated or failed."""
        if self.fault:
            return "failed"
        return "violated" if self.count else "ok"


class NoSuchInvariant(LookupError):
    """The service has no invariant of this name."""


def known() -> dict[str, str]:
    """Return every invariant of this service, name -> SQL that must return no row."""
    own: Mapping[str, str] = import_string(settings.SERVICE_INVARIANTS) if settings.SERVICE_INVARIANTS else {}
    return {**invariants.INVARIANTS, **own}


def run(*, only: str | None = None) -> list[Finding]:
    """Look at every invariant, each in a read-only transaction of its own.

    Args:
        only: the name of the one to look at; all when absent.

    Returns:
        A finding for each, in order; a query that fails says so in its finding.

    Raises:
        NoSuchInvariant: there is none of this name.
        django.db.Error: the database cannot be reached.
    """
    chosen = known()
    if only is not None:
        if only not in chosen:
            raise NoSuchInvariant(f"There is no invariant {only!r}; there are {', '.join(sorted(chosen))}.")
        chosen = {only: chosen[only]}
    return [_apart(name, query) for name, query in chosen.items()]


def run_inside() -> list[Finding]:
    """Look at every invariant inside the current transaction, with what it has not committed yet.

    Raises django.db.Error when a query fails.
    """
    return [_look(name, query) for name, query in known().items()]


def _apart(name: str, query: str) -> Finding:
    """Look at one invariant in a read-only transaction; a failing query is a finding, an outage is raised."""
    try:
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
                cursor.execute(f"SET LOCAL statement_timeout = '{_SECONDS}s'")
            return _look(name, query)
    except DatabaseFault as fault:
        if is_outage(fault):
            raise
        return Finding(name=name, fault=str(fault).partition("\n")[0])


def _look(name: str, query: str) -> Finding:
    """Run one query: the number of its rows, and the first twenty."""
    bounded = f"SELECT count(*) OVER (), found.* FROM ({query.strip().rstrip(';')}) AS found LIMIT {_MOST_ROWS}"  # noqa: S608 (a constant of the service)
    with connection.cursor() as cursor:
        cursor.execute(bounded)
        columns = [column.name for column in cursor.description[1:]]
        found = cursor.fetchall()
    rows = tuple(dict(zip(columns, row[1:], strict=True)) for row in found)
    return Finding(name=name, count=found[0][0] if found else 0, rows=rows)
