"""Reading imports: their progress, and the bytes of their files."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db.models.functions import Now

from catalog.models import Import, ImportChunk, ImportRowError
from shared.errors import NotFound
from shared.events import dead_letters
from shared.events.contracts import ImportAdvanced

CHUNK_BYTES = 256 * 1024  # every chunk of a file but the last has this size
OPEN = (Import.Status.PENDING, Import.Status.RUNNING)

_SHOWN_ERRORS = 100
_FIELDS = (
    "id",
    "status",
    "total_bytes",
    "offset",
    "processed",
    "created",
    "updated",
    "failed",
    "error",
    "created_at",
    "started_at",
    "finished_at",
)


def import_get(*, import_id: UUID) -> dict[str, Any]:
    """Return an import's progress with its first hundred row errors.

    An import whose job has died is shown as failed, with the reason; `ended` says whether it can still go on.

    Args:
        import_id: the import.

    Raises:
        NotFound: there is no such import.
    """
    found = Import.objects.filter(id=import_id).annotate(now=Now()).values(*_FIELDS, "now").first()
    if found is None:
        raise NotFound("There is no such import.")
    errors = ImportRowError.objects.filter(job_id=import_id).order_by("id").values("line", "sku", "field", "message")
    found = {**found, "errors": list(errors[:_SHOWN_ERRORS]), "ended": found["status"] not in OPEN}
    stopped = {} if found["ended"] else _stopped(import_id)
    return {**found, **_pace(found), **stopped}


def import_unfinished(*, digest: str, created_by: UUID) -> UUID | None:
    """Return the latest import of the same file that has not ended, if there is one.

    Args:
        digest: of the file.
        created_by: who sent it.
    """
    same = Import.objects.filter(digest=digest, created_by=created_by, status__in=OPEN)
    return same.order_by("-id").values_list("id", flat=True).first()


def _pace(job: Mapping[str, Any]) -> dict[str, float | None]:
    """Return rows per second, and the seconds that the rest will take; None while unknown."""
    rate = eta = None
    if job["started_at"] and job["processed"]:
        seconds = ((job["finished_at"] or job["now"]) - job["started_at"]).total_seconds()
        rate = round(job["processed"] / seconds, 1) if seconds else None
        if not job["ended"]:
            eta = round(seconds * (job["total_bytes"] - job["offset"]) / job["offset"], 1)
    return {"rows_per_second": rate, "eta_seconds": eta}


def _stopped(import_id: UUID) -> dict[str, Any]:
    """Return what to show of an open import instead, when its job has died."""
    dead = dead_letters.about(event_type=ImportAdvanced.TYPE, subject=import_id)
    if not dead:
        return {}
    error = f"It has stopped: {dead[0].error[:400]}. A retry goes on after the last batch."
    return {"status": Import.Status.FAILED, "error": error, "rows_per_second": None, "eta_seconds": None}


def import_pieces(*, import_id: UUID, offset: int) -> Iterator[bytes]:
    """Yield an import's file from a byte on, one chunk in memory at a time.

    Args:
        import_id: the import.
        offset: bytes to leave out.
    """
    number, inside = divmod(offset, CHUNK_BYTES)
    while (data := _chunk(import_id, number)) is not None:
        yield data[inside:]
        number, inside = number + 1, 0


def _chunk(import_id: UUID, number: int) -> bytes | None:
    """Return one chunk, or None after the last."""
    found = ImportChunk.objects.filter(job_id=import_id, number=number).values_list("data", flat=True).first()
    return None if found is None else bytes(found)
