"""Imports: a file taken in, then worked off batch by batch, each in the transaction of its event.

The import's row says how far it is (`offset`), and moves with the batch's effects and the next event or not at all:
killed anywhere, an import goes on from its last committed batch.
"""

import codecs
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from catalog import selectors
from catalog.domain import csv_reader, import_rows
from catalog.domain.csv_reader import Record
from catalog.models import Import, ImportChunk, ImportRowError
from catalog.selectors.imports import CHUNK_BYTES
from catalog.services import import_batch
from shared.errors import InvalidInput
from shared.events import outbox
from shared.events.contracts import ImportAdvanced

log = logging.getLogger(__name__)

BATCH_ROWS = 1000

_OPEN = (Import.Status.PENDING, Import.Status.RUNNING)


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
        InvalidInput: the file is empty, not UTF-8, or its header is wrong; nothing is stored.
    """
    chunks = _checked(_rechunked(pieces))
    first = next(chunks, b"")
    columns, offset, line = _header(first)
    job = Import.objects.create(
        columns=columns, total_bytes=len(first), offset=offset, line=line, created_by=created_by
    )
    total = _store(job, number=0, data=first)
    for number, data in enumerate(chunks, start=1):
        total += _store(job, number=number, data=data)
    Import.objects.filter(id=job.id).update(total_bytes=total)
    outbox.append(ImportAdvanced(import_id=job.id, offset=offset))
    return selectors.import_get(import_id=job.id)


@transaction.atomic
def import_advance(*, import_id: UUID, offset: int) -> None:
    """Work off an import's next batch and ask for the one after it; does nothing when that is done already.

    Args:
        import_id: the import.
        offset: byte where the batch begins.
    """
    job = Import.objects.select_for_update().filter(id=import_id, offset=offset, status__in=_OPEN).first()
    if job is None:
        log.info("import_batch_done_already", extra={"import_id": str(import_id), "offset": offset})
        return
    window = _read(job)
    result = import_batch.apply(columns=job.columns, records=window.records)
    ImportRowError.objects.bulk_create(
        ImportRowError(job=job, line=line, message=message[:500]) for line, message in result.errors
    )
    status = _status(window)
    Import.objects.filter(id=import_id).update(
        status=status,
        offset=window.offset,
        line=window.line,
        processed=F("processed") + len(window.records),
        created=F("created") + result.created,
        updated=F("updated") + result.updated,
        failed=F("failed") + len(result.errors),
        error=window.fault[:500],
        updated_at=Now(),
        finished_at=None if status in _OPEN else timezone.now(),
    )
    if status in _OPEN:
        outbox.append(ImportAdvanced(import_id=import_id, offset=window.offset))
    else:
        ImportChunk.objects.filter(job=job).delete()


def import_run(*, import_id: UUID) -> Iterator[dict[str, Any]]:
    """Work an import off in this process, and yield the job before each batch and at the end.

    The worker may be at it as well: whoever comes second finds the batch done.

    Args:
        import_id: the import.

    Raises:
        NotFound: there is no such import.
    """
    while (job := selectors.import_get(import_id=import_id))["status"] in _OPEN:
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


def _header(first: bytes) -> tuple[list[str], int, int]:
    """Return the columns, and the offset and line of the first row; raises InvalidInput."""
    if not first.removeprefix(csv_reader.BOM).strip():
        raise _refusal("The file is empty.")
    skipped = len(csv_reader.BOM) if first.startswith(csv_reader.BOM) else 0
    whole = first if len(first) < CHUNK_BYTES else first[: first.rfind(b"\n") + 1]
    try:
        record = next(iter(csv_reader.Reader([whole[skipped:]], offset=skipped)), None)
    except csv_reader.Broken as error:
        raise _refusal(str(error)) from error
    if record is None:
        raise _refusal("The header does not end.")
    columns = [field.strip() for field in record.fields]
    if faults := import_rows.header_faults(columns):
        raise _refusal(*faults)
    return columns, record.next_offset, record.next_line


def _rechunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in chunks of the size that reading relies on."""
    rest = bytearray()
    for piece in pieces:
        rest += piece
        while len(rest) >= CHUNK_BYTES:
            yield bytes(rest[:CHUNK_BYTES])
            del rest[:CHUNK_BYTES]
    if rest:
        yield bytes(rest)


def _checked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks as long as they are UTF-8; raises InvalidInput with the place where they are not."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    before = 0
    try:
        for chunk in chunks:
            pending = len(decoder.getstate()[0])
            decoder.decode(chunk)
            yield chunk
            before += len(chunk)
        pending = len(decoder.getstate()[0])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _refusal(f"The file is not UTF-8 at byte {before - pending + error.start}.") from error


def _store(job: Import, *, number: int, data: bytes) -> int:
    """Store one chunk; returns its size in bytes."""
    ImportChunk.objects.create(job=job, number=number, data=data)
    return len(data)


def _refusal(*texts: str) -> InvalidInput:
    """Return the refusal of a file."""
    return InvalidInput.of({"file": texts})
