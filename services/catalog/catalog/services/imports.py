"""Imports: a file taken in, then worked off batch by batch, each in the transaction of its event.

The import's row says how far it is (`offset`), and moves with the batch's effects and the next event or not at all:
killed anywhere, an import goes on from its last committed batch.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from catalog import selectors
from catalog.domain import csv_reader
from catalog.domain.csv_reader import Record
from catalog.models import Import, ImportChunk, ImportRowError
from catalog.selectors.imports import OPEN
from catalog.services import import_batch, import_files
from shared.errors import Conflict, NotFound
from shared.events import dead_letters, outbox
from shared.events.contracts import ImportAdvanced
from shared.http.ready import generation

log = logging.getLogger(__name__)

BATCH_ROWS = 1000


class ImportEnded(Conflict):
    """The import has ended; there is nothing left to try again."""

    code = "import_ended"
    message = "The import has ended; send the file again to import it again."


@dataclass(frozen=True, kw_only=True)
class _Window:
    """The next records of a file, and where the ones after them start; `fault` when nothing can follow."""

    records: list[Record]
    offset: int
    line: int
    ended: bool
    fault: str = ""


@transaction.atomic
def import_start(*, pieces: Iterable[bytes], created_by: UUID) -> dict[str, Any]:
    """Store a CSV file and the job that reads it, and return the job.

    Args:
        pieces: the file's bytes, in pieces of any size; never held at once.
        created_by: who sent it.

    Raises:
        InvalidInput: the file is empty, no text in UTF-8, or its header is wrong; nothing is stored.
        FileTooLarge: it is larger than IMPORT_MAX_BYTES; nothing is stored.
    """
    file = import_files.Intake(pieces)
    first = next(file, b"")
    columns, offset, line = import_files.header(first)
    job = Import.objects.create(columns=columns, total_bytes=0, offset=offset, line=line, created_by=created_by)
    ImportChunk.objects.create(job=job, number=0, data=first)
    for number, data in enumerate(file, start=1):
        ImportChunk.objects.create(job=job, number=number, data=data)
    Import.objects.filter(id=job.id).update(total_bytes=file.size, digest=file.digest)
    outbox.append(ImportAdvanced(import_id=job.id, offset=offset))
    return selectors.import_get(import_id=job.id)


@transaction.atomic
def import_advance(*, import_id: UUID, offset: int) -> None:
    """Work off an import's next batch and ask for the one after it; does nothing when that is done already.

    Args:
        import_id: the import.
        offset: byte where the batch begins.
    """
    job = Import.objects.select_for_update().filter(id=import_id, offset=offset, status__in=OPEN).first()
    if job is None:
        log.info("import_batch_done_already", extra={"import_id": str(import_id), "offset": offset})
        return
    window = _read(job)
    result = import_batch.apply(columns=job.columns, records=window.records)
    ImportRowError.objects.bulk_create(
        ImportRowError(job=job, line=each.line, sku=each.sku, field=each.field, message=each.message[:500])
        for each in result.faults
    )
    status = _status(window)
    Import.objects.filter(id=import_id).update(
        status=status,
        offset=window.offset,
        line=window.line,
        processed=F("processed") + len(window.records),
        created=F("created") + result.created,
        updated=F("updated") + result.updated,
        failed=F("failed") + result.failed,
        error=window.fault[:500],
        started_at=Coalesce("started_at", Now()),
        updated_at=Now(),
        finished_at=None if status in OPEN else timezone.now(),
    )
    if status in OPEN:
        outbox.append(ImportAdvanced(import_id=import_id, offset=window.offset))
    else:
        ImportChunk.objects.filter(job=job).delete()
    generation.renew(wait=False)  # whoever asks how far the import is waits instead


@transaction.atomic
def import_retry(*, import_id: UUID) -> dict[str, Any]:
    """Let an import whose job died go on from its last batch, and return it; harmless when it is running.

    Args:
        import_id: the import.

    Raises:
        NotFound: there is no such import.
        ImportEnded: it has ended.
    """
    job = Import.objects.select_for_update().filter(id=import_id).first()
    if job is None:
        raise NotFound("There is no such import.")
    if job.status not in OPEN:
        raise ImportEnded
    dead = dead_letters.about(event_type=ImportAdvanced.TYPE, subject=import_id)
    dead_letters.discard(event_ids=[letter.event_id for letter in dead])
    outbox.append(ImportAdvanced(import_id=import_id, offset=job.offset))
    return selectors.import_get(import_id=import_id)


def import_run(*, import_id: UUID) -> Iterator[dict[str, Any]]:
    """Work an import off in this process, and yield the job before each batch and at the end.

    The worker may be at it as well: whoever comes second finds the batch done.

    Args:
        import_id: the import.

    Raises:
        NotFound: there is no such import.
    """
    while not (job := selectors.import_get(import_id=import_id))["ended"]:
        yield job
        import_advance(import_id=import_id, offset=job["offset"])
    yield job


def _status(window: _Window) -> Import.Status:
    """Return where an import is after a batch."""
    if window.fault:
        return Import.Status.FAILED
    return Import.Status.COMPLETED if window.ended else Import.Status.RUNNING


def _read(job: Import) -> _Window:
    """Return the next batch of a job, at most a thousand records."""
    pieces = selectors.import_pieces(import_id=job.id, offset=job.offset)
    reader = csv_reader.Reader(pieces, offset=job.offset, line=job.line)
    records: list[Record] = []
    fault = ""
    try:
        for record in islice(reader, BATCH_ROWS):
            records.append(record)  # noqa: PERF402 (what came before a fault is kept)
    except csv_reader.Broken as error:
        fault = str(error)
    ended = not fault and len(records) < BATCH_ROWS
    offset, line = job.offset, job.line
    if ended:
        offset, line = reader.offset, reader.line
    elif records:
        offset, line = records[-1].next_offset, records[-1].next_line
    return _Window(records=records, offset=offset, line=line, ended=ended, fault=fault)
