"""Restoring a backup: validated as a whole first, then in one transaction that the audit may still refuse.

The tables keep their constraints and triggers: rows are inserted, never updated, and what is deferred is checked
before the end. No rights are needed beyond those of the tables' owner.
"""

import itertools
from collections import Counter
from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from shared.errors import AppError, Conflict
from shared.upkeep import archives, audit, tables
from shared.upkeep.archives import Archive, Row


class ArchiveForeign(AppError):
    """The backup is of another service, or of another version of its tables."""


class DatabaseNotEmpty(Conflict):
    """There is data that a restore would be mixed with."""


class RestoredDataViolates(AppError):
    """The data contradicts an invariant of the service; nothing of it was kept."""


def restore(*, path: Path, flush: bool) -> dict[str, int]:
    """Restore a backup into this service's database, wholly or not at all.

    Args:
        path: the backup, its checksum beside it.
        flush: delete what the tables hold, in the same transaction.

    Returns:
        How many rows each table got.

    Raises:
        archives.ArchiveDamaged, ArchiveForeign, DatabaseNotEmpty, RestoredDataViolates: nothing has changed.
        OSError, programs.ProgramMissing, django.db.Error: nothing has changed either.
    """
    with archives.opened(path) as archive:
        columns = tables.columns()
        _check_origin(archive)
        expected = _check_rows(archive, columns)
        with transaction.atomic(durable=True):
            _make_room(columns, flush=flush)
            if _load(archive.rows()) != expected:
                raise archives.ArchiveDamaged("The file changed while it was read.")
            _settle()
    return {name: expected[name] for name in columns}


def _check_origin(archive: Archive) -> None:
    """Refuse a backup of another service or of other migrations."""
    if archive.service() not in (None, settings.SERVICE):
        raise ArchiveForeign(f"This is a backup of {archive.service()}, not of {settings.SERVICE}.")
    theirs, ours = ({(app, n) for app, names in each.items() for n in names} for each in _both(archive))
    if newer := sorted(theirs - ours):
        raise ArchiveForeign(f"The backup has migrations that this database has not: {_names(newer)}.")
    if older := sorted(ours - theirs):
        raise ArchiveForeign(f"The backup lacks migrations that this database has: {_names(older)}.")


def _both(archive: Archive) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the migrations of the backup and of the database."""
    return archive.migrations(), tables.migrations()


def _names(migrations: Iterable[tuple[str, str]]) -> str:
    """Return migrations in a few words."""
    return ", ".join(".".join(each) for each in itertools.islice(migrations, 5))


def _check_rows(archive: Archive, columns: dict[str, tables.Columns]) -> "Counter[str]":
    """Read the whole backup and count its rows; refuses one that the tables cannot take."""
    counts: Counter[str] = Counter()
    for row in archive.rows():
        if set(row.columns) != set(columns.get(row.table, ())) or len(row.values) != len(row.columns):
            raise ArchiveForeign(f"The table {row.table} of the backup is not a table of this database.")
        counts[row.table] += 1
    return counts


def _make_room(columns: dict[str, tables.Columns], *, flush: bool) -> None:
    """Keep everybody else from writing, and make sure that the tables are empty."""
    everything = tables.quoted(*columns)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '1h'; SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute(f"LOCK TABLE {everything} IN SHARE ROW EXCLUSIVE MODE")
        if flush:
            cursor.execute(f"TRUNCATE {everything}")
    if filled := tables.filled(columns):
        raise DatabaseNotEmpty(f"The database is not empty ({', '.join(filled)}); --flush deletes what it holds.")


def _load(rows: Iterable[Row]) -> "Counter[str]":
    """Stream the rows into their tables; returns how many went into each."""
    counts: Counter[str] = Counter()
    for (table, names), group in itertools.groupby(rows, attrgetter("table", "columns")):
        query = f"COPY {tables.quoted(table)} ({tables.quoted(*names)}) FROM STDIN"
        with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(query) as copy:
            for row in group:
                copy.write_row(row.values)
                counts[table] += 1
    return counts


def _settle() -> None:
    """Check what is deferred, put the sequences ahead, and audit; raises what would be left wrong."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    tables.raise_sequences()
    violated = [finding for finding in audit.run_inside() if finding.count]
    if violated:
        names = ", ".join(f"{finding.name} ({finding.count} rows)" for finding in violated)
        raise RestoredDataViolates(f"The data of the backup contradicts {names}; nothing was kept.")
