"""Reading imports: their progress, and the bytes of their files."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from catalog.models import Import, ImportChunk, ImportRowError
from shared.errors import NotFound

CHUNK_BYTES = 256 * 1024  # every chunk of a file but the last has this size

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
    "finished_at",
)


def import_get(*, import_id: UUID) -> dict[str, Any]:
    """Return an import's progress with its first hundred row errors.

    Args:
        import_id: the import.

    Raises:
        NotFound: there is no such import.
    """
    found = Import.objects.filter(id=import_id).values(*_FIELDS).first()
    if found is None:
        raise NotFound("There is no such import.")
    errors = ImportRowError.objects.filter(job_id=import_id).order_by("id").values("line", "message")
    return {**found, "errors": list(errors[:_SHOWN_ERRORS])}


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
