"""The tables of the service's database as they really are: columns, order of dependence, numbers, emptiness."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Min

Columns = tuple[str, ...]

_COLUMNS = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace
   AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 GROUP BY c.relname ORDER BY c.relname
"""
_REFERENCES = """
SELECT child.relname, parent.relname
  FROM pg_constraint k JOIN pg_class child ON child.oid = k.conrelid JOIN pg_class parent ON parent.oid = k.confrelid
 WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace
 ORDER BY 1, 2
"""
_SEQUENCES = """
SELECT owner.relname, a.attname, s.oid::regclass::text
  FROM pg_depend d
  JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  JOIN pg_class owner ON owner.oid = d.refobjid AND owner.relnamespace = current_schema()::regnamespace
  JOIN pg_attribute a ON a.attrelid = owner.oid AND a.attnum = d.refobjsubid
 WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
"""
_MIGRATIONS_TABLE = MigrationRecorder.Migration._meta.db_table  # noqa: SLF001 (Django's name for a model's options)
MARKS_TABLE = "backup_marks"
"""Of this database, not of its data: a restore leaves it as it is."""


def columns() -> dict[str, Columns]:
    """Return each table with its columns, referenced tables before those that refer to them.

    Generated columns are left out, for they cannot be written; so are the tables of migrations and of backups.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        found = {
            name: tuple(names) for name, names in cursor.fetchall() if name not in {_MIGRATIONS_TABLE, MARKS_TABLE}
        }
        cursor.execute(_REFERENCES)
        parents: dict[str, list[str]] = {}
        for child, parent in cursor.fetchall():
            parents.setdefault(child, []).append(parent)
    return {name: found[name] for name in _ordered(found, parents)}


def _ordered(names: Iterable[str], parents: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the names, parents first; a circle is cut somewhere, as foreign keys are checked at the end only.

    Tables that refer to nothing come before all others: a trigger that notes what is new in one of them finds it there.
    """
    ordered: dict[str, None] = {}
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name not in seen:
            seen.add(name)
            for parent in parents.get(name, ()):
                visit(parent)
            ordered[name] = None

    for name in sorted(names, key=lambda name: bool(parents.get(name))):
        visit(name)
    return list(ordered)


def migrations() -> dict[str, list[str]]:
    """Return the names of the applied migrations by app."""
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        found.setdefault(app, []).append(name)
    return found


def created_at() -> datetime | None:
    """Return when the first migration was applied; of a database without any there is no such time."""
    first: datetime | None = MigrationRecorder(connection).migration_qs.aggregate(at=Min("applied"))["at"]
    return first


def quoted(*names: str) -> str:
    """Return names as SQL, with commas between."""
    return ", ".join(connection.ops.quote_name(name) for name in names)


def filled(names: Iterable[str]) -> list[str]:
    """Return those of the tables that have rows."""
    with connection.cursor() as cursor:
        found = []
        for name in names:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {quoted(name)})")  # noqa: S608 (a quoted name)
            if cursor.fetchone()[0]:
                found.append(name)
    return found


def raise_sequences() -> None:
    """Put each sequence ahead of its column. It is never lowered, as a rollback would not undo that."""
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCES)
        for table, column, sequence in cursor.fetchall():
            cursor.execute(
                f"SELECT setval(%s, greatest(max({quoted(column)}), (SELECT last_value FROM {sequence})))"  # noqa: S608 (names from the catalogue)
                f" FROM {quoted(table)} HAVING max({quoted(column)}) IS NOT NULL",
                [sequence],
            )
