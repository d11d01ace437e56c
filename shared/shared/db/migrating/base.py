"""The connection of the backend, where Django looks for it."""

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper

from shared.db.migrating.schema import SchemaEditor


class DatabaseWrapper(PostgresWrapper):
    """PostgreSQL as ever, but for the statements that change tables."""

    SchemaEditorClass = SchemaEditor
