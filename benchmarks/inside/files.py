"""Imports and exports of catalog, and COPY of the same; each in a process of its own, whose peak of memory is told."""

import resource
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from benchmarks import products
from catalog import selectors, services

_PIECE = 256 * 1024
_EMPTY = "TRUNCATE product, stock_entry, product_word, import, import_chunk, import_row_error, events_outbox CASCADE"
_EXPORT = """
COPY (SELECT p.id, p.sku, p.name, p.slug, p.description, p.price, c.slug AS category,
             p.on_hand - p.reserved AS available, p.is_active, p.created_at, p.updated_at
        FROM product AS p LEFT JOIN category AS c ON c.id = p.category_id
       ORDER BY p.created_at DESC, p.id DESC)
  TO STDOUT WITH (FORMAT csv, HEADER)
"""


def emptied() -> None:
    """Have no products, but all categories."""
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
        cursor.execute("CHECKPOINT")


def imported(*, path: str) -> dict[str, float]:
    """Import a file as the command does; returns count, seconds, CPU seconds, and the peak of memory in MiB."""
    begun, before = time.monotonic(), time.process_time()
    job: dict[str, Any] = dict(services.import_start(pieces=_pieces(Path(path)), created_by=UUID(int=0)))
    for now in services.import_run(import_id=UUID(str(job["id"]))):
        job = dict(now)
    assert job["status"] == "completed", job  # noqa: S101 (a benchmark)
    assert not job["failed"], job  # noqa: S101 (as above)
    return _told(job["created"], begun, before)


def copied(*, count: int, path: str) -> dict[str, float]:
    """COPY the same products and stock entries into the same tables, indexes and triggers in place.

    Args:
        count: how many products.
        path: a folder with what `written` made.
    """
    begun, before = time.monotonic(), time.process_time()
    connection.ensure_connection()
    with connection.connection.transaction(), connection.connection.cursor() as cursor:
        for statement, name in ((products.PRODUCT, "products"), (products.ENTRY, "entries")):
            with (Path(path) / name).open("rb") as file, cursor.copy(statement) as copy:
                while piece := file.read(_PIECE):
                    copy.write(piece)
    return _told(count, begun, before)


def written(*, count: int, path: str) -> None:
    """Write products as a CSV for the import and in COPY's own format, and make their categories."""
    folder = Path(path)
    products.write(folder / "products.csv", count=count)
    generator = products.Generator(count)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE category CASCADE")
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(products.CATEGORY) as copy:
        copy.write(generator.categories())
    with (folder / "products").open("w") as rows, (folder / "entries").open("w") as entries:
        for batch in generator.batches():
            rows.write(batch.products)
            entries.write(batch.entries)


def exported(*, count: int) -> dict[str, float]:
    """Export all products as the API does, and throw them away."""
    begun, before = time.monotonic(), time.process_time()
    size = sum(len(piece) for piece in selectors.product_table(params={}))
    return _told(count, begun, before) | {"megabytes": size / 2**20}


def copied_out(*, count: int) -> dict[str, float]:
    """COPY the same rows out, in the same order, and throw them away."""
    begun, before = time.monotonic(), time.process_time()
    connection.ensure_connection()
    with connection.connection.cursor() as cursor, cursor.copy(_EXPORT) as copy:
        size = sum(len(piece) for piece in copy)
    return _told(count, begun, before) | {"megabytes": size / 2**20}


def _told(count: int, begun: float, before: float) -> dict[str, float]:
    return {
        "count": count,
        "seconds": time.monotonic() - begun,
        "cpu": time.process_time() - before,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _pieces(path: Path) -> Any:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
