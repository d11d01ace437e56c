"""The Django app without tables that watches the statements of every connection."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class DbConfig(AppConfig):
    name = "shared.db"
    label = "db"

    def ready(self) -> None:
        """Attach to connections as they are opened."""
        from shared.db import statements  # noqa: PLC0415 (not before the apps are there)

        connection_created.connect(statements.attach, dispatch_uid="statements")
