"""Lint the migrations of one service: nothing in them may break the code that still runs, or lock it out for long.

Run by tools.migrations under the service's settings, on a real PostgreSQL of the plain backend, which makes the SQL.
Warnings count as errors. An exception is named here, with its reason.
"""

import sys
from collections.abc import Mapping

import django

#: (app, migration) -> code of the linter's check -> why it is safe there
ACCEPTED: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("users", "0010_email_key_unique"): {
        "ADD_UNIQUE": "the constraint takes over an index that was built concurrently before it",
    },
    ("users", "0018_is_verified_dropped"): {
        "DROP_COLUMN": "0017 took the column out of the code a release earlier",
        "NOT_NULL": "stands in the way back only, and has a default there",
    },
    ("catalog", "0005_document_required"): {
        "NOT_NULL": "a check that was validated before it proves it, so that no table is read under the lock",
    },
}
EVERYWHERE = ["RUNPYTHON_ARGS_NAMING_CONVENTION"]  # what an argument is called locks nobody out


def main() -> int:
    """Lint every migration of the service's apps; returns the exit code."""
    django.setup()
    from django_migration_linter import MigrationLinter  # noqa: PLC0415 (needs the settings)

    linter = MigrationLinter(no_cache=True, all_warnings_as_errors=True, quiet=["ok"])
    for name, migration in sorted(linter.migration_loader.disk_migrations.items()):
        linter.exclude_migration_tests = [*EVERYWHERE, *ACCEPTED.get(name, {})]
        linter.lint_migration(migration)
    sys.stdout.write(f"{linter.nb_total} migrations linted, {linter.nb_erroneous} unsafe\n")
    return int(linter.has_errors)


if __name__ == "__main__":
    sys.exit(main())
