"""`manage.py backup_data`: write a backup of this service's database, and remove those that are too old."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseFault

from shared.errors import AppError
from shared.upkeep import backup, marks


class Command(BaseCommand):
    help = (
        "Write a backup of this service's database from one consistent snapshot, with its SHA-256 beside it; then"
        " remove this service's backups that are older than --keep-days. Encrypted columns stay encrypted: keep"
        " FIELD_KEYS apart from the backups, but keep them."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output-dir", type=Path, required=True, metavar="DIR")
        parser.add_argument("--format", choices=("json", "pg_dump"), default="json")
        parser.add_argument("--compress", action="store_true", help="make the file smaller")
        parser.add_argument("--keep-days", type=int, default=7, metavar="N", help="default: 7")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["keep_days"] < 1:
            raise CommandError("--keep-days must be 1 or more.")
        try:
            path = backup.make(
                directory=options["output_dir"],
                form=options["format"],
                compress=options["compress"],
                keep_days=options["keep_days"],
            )
        except (AppError, OSError, DatabaseFault) as error:
            raise CommandError(f"No backup was made: {error}") from error
        try:
            marks.note(path=path, form=options["format"])
        except DatabaseFault as error:
            raise CommandError(f"{path} is good, but it could not be noted: {error}") from error
        self.stdout.write(f"{path} ({path.stat().st_size:,} bytes)")
