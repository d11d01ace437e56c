"""`manage.py restore_data`: put a backup back, wholly or not at all."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseFault

from shared.errors import AppError
from shared.upkeep import restore


class Command(BaseCommand):
    help = (
        "Restore a backup of this service into its migrated database. The file is validated before anything is"
        " touched; the data goes in within one transaction, which a violated invariant undoes. Stop the service's"
        " processes first."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the backup; its .sha256 must lie beside it")
        parser.add_argument("--flush", action="store_true", help="delete what the database holds now")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = restore.restore(path=options["file"], flush=options["flush"])
        except (AppError, OSError, DatabaseFault) as error:
            raise CommandError(f"Nothing was restored: {error}") from error
        for table, count in counts.items():
            self.stdout.write(f"{count:>9}  {table}")
        self.stdout.write(f"{sum(counts.values()):>9}  rows restored; every invariant holds")
