"""`manage.py import_products FILE`: import a CSV file of products here and now, with progress."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from catalog import services
from shared.errors import AppError

_PIECE = 256 * 1024  # bytes
_NOBODY = UUID(int=0)  # whoever sits at the command line has no account


class Command(BaseCommand):
    help = "Import products from a CSV file with the columns sku, name, price and, if wanted, others."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file."""
        parser.add_argument("file", type=Path, help="a CSV file in UTF-8")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            job = services.import_start(pieces=_pieces(options["file"]), created_by=_NOBODY)
        except (OSError, AppError) as error:
            raise CommandError(str(error)) from error
        for job in services.import_run(import_id=job["id"]):  # noqa: B020 (the same job, further on)
            self._show(job, time.monotonic() - started)
        self.stdout.write("")
        for each in job["errors"]:
            self.stdout.write(f"line {each['line']}: {each['message']}")
        if job["status"] == "failed":
            raise CommandError(job["error"])

    def _show(self, job: Mapping[str, Any], seconds: float) -> None:
        """Show how far it is; on a terminal always in the same line."""
        percent = 100 * job["offset"] // job["total_bytes"]
        done = "#" * (percent // 5)
        text = (
            f"[{done:<20}] {percent:3} %  {job['processed']} rows ({job['processed'] / seconds:.0f}/s):"
            f" {job['created']} created, {job['updated']} updated, {job['failed']} failed"
        )
        self.stdout.write(text, ending="\r" if self.stdout.isatty() else "\n")


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes in pieces."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
