"""`manage.py import_products FILE`: import a CSV file of products here and now, with progress.

Interrupted and run again with the same file it goes on where it was. Exit code 1: some rows were not taken; 2: the file
cannot be used.
"""

import hashlib
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from catalog import selectors, services
from shared.errors import AppError

_PIECE = 256 * 1024  # bytes
_NOBODY = UUID(int=0)  # whoever sits at the command line has no account
_SOME_ROWS, _UNUSABLE = 1, 2

Show = Callable[[Mapping[str, Any]], None]


class Command(BaseCommand):
    help = "Import products from a CSV file with the columns sku, name, price and, if wanted, others."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file."""
        parser.add_argument("file", type=Path, help="a CSV file in UTF-8")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            import_id = self._begun(options["file"])
        except (OSError, AppError) as error:
            raise CommandError(str(error), returncode=_UNUSABLE) from error
        with self._shown() as show:
            for job in services.import_run(import_id=import_id):
                show(job)
        for each in job["errors"]:
            field = f"{each['field']}: " if each["field"] else ""
            self.stdout.write(f"line {each['line']}: {field}{each['message']}")
        if job["status"] == "failed":
            raise CommandError(job["error"], returncode=_UNUSABLE)
        if job["failed"]:
            raise CommandError(f"{job['failed']} of {job['processed']} rows were not taken.", returncode=_SOME_ROWS)

    def _begun(self, path: Path) -> UUID:
        """Return the import of this file that was interrupted, or a new one."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found = selectors.import_unfinished(digest=digest, created_by=_NOBODY)
        if found:
            self.stdout.write("This file's import was interrupted; it goes on.")
            return found
        started = services.import_start(pieces=_pieces(path), created_by=_NOBODY)
        return UUID(str(started["id"]))

    @contextmanager
    def _shown(self) -> Iterator[Show]:
        """Give what shows how far it is: a bar on a terminal, else a line for each percent."""
        if not self.stdout.isatty():
            yield self._lines()
            return
        columns = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=Console(file=self.stdout)) as progress:  # type: ignore[arg-type]  # it writes
            task = progress.add_task("")
            yield lambda job: progress.update(
                task, total=job["total_bytes"], completed=job["offset"], description=_counts(job)
            )

    def _lines(self) -> Show:
        """Return what writes a line whenever another percent is done."""
        last = -1

        def show(job: Mapping[str, Any]) -> None:
            nonlocal last
            percent = 100 * job["offset"] // job["total_bytes"]
            if percent > last or job["ended"]:
                last = percent
                self.stdout.write(f"{percent:3} %  {_counts(job)}")

        return show


def _counts(job: Mapping[str, Any]) -> str:
    """Return a job's counts in words."""
    rate = f" ({job['rows_per_second']:.0f}/s)" if job["rows_per_second"] else ""
    done = f"{job['created']} created, {job['updated']} updated, {job['failed']} failed"
    return f"{job['processed']} rows{rate}: {done}"


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes in pieces."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
