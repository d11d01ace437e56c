"""django-pg-zero-downtime-migrations' schema editor, with two cases that it does not know."""

from typing import Any

from django.db.backends.ddl_references import Statement
from django.db.backends.postgresql.schema import DatabaseSchemaEditor as PlainEditor
from django_zero_downtime_migrations.backends.postgres.schema import DatabaseSchemaEditor


class _Check(Statement):
    """A check constraint, which the editor adds in two steps; as text it is the plain statement.

    Django's AddConstraintNotValid does the two steps itself, and wants the text.
    """

    def __str__(self) -> str:
        return PlainEditor.sql_create_check % self.parts


class SchemaEditor(DatabaseSchemaEditor):  # type: ignore[misc]
    """The editor of one migration."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._created: set[str] = set()

    def create_model(self, model: Any) -> None:
        """Create a table, and remember that nobody can be using it yet."""
        super().create_model(model)
        self._created.add(model._meta.db_table)  # noqa: SLF001 (Django's name for a model's options)

    def _add_column_not_null(self, model: Any, field: Any) -> str:
        """Allow a required column without a default in a table that this migration has created."""
        if model._meta.db_table in self._created:  # noqa: SLF001 (as above)
            return "NOT NULL"
        return str(super()._add_column_not_null(model, field))

    def _create_check_sql(self, model: Any, name: str, check: str) -> Any:
        """Return the statement of a check constraint."""
        made = super()._create_check_sql(model, name, check)
        return _Check(made.template, **made.parts) if isinstance(made, Statement) else made
