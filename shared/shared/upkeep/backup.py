"""Backups: one consistent snapshot into one file that appears whole or not at all, with its checksum beside it.

The JSON format is a header line, a line for each row (values in PostgreSQL's own text form) and a footer line with
the counts. The pg_dump format is PostgreSQL's custom archive.
"""

import contextlib
import gzip
import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, cast

import orjson
from django.conf import settings
from django.db import connection, transaction

from shared.errors import AppError
from shared.upkeep import programs, tables

FORMAT = 1
_STAMP = "%Y%m%dT%H%M%S.%fZ"
_SNAPSHOT = """
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = '1h';
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL "TimeZone" = 'UTC';
SET LOCAL "DateStyle" = 'ISO, YMD';
SET LOCAL "IntervalStyle" = 'postgres';
SET LOCAL bytea_output = 'hex';
SET LOCAL extra_float_digits = 1
"""


class BackupFailed(AppError):
    """The backup could not be made; nothing of it is left, and the earlier ones are as they were."""


def make(*, directory: Path, form: str, compress: bool, keep_days: int) -> Path:
    """Write a backup of this service's database, then remove those that are too old.

    Args:
        directory: where backups live; made when it is missing.
        form: json or pg_dump.
        compress: make the file smaller (gzip; pg_dump's own compression).
        keep_days: older backups of this service are removed, once the new one is safe.

    Returns:
        The new file; its SHA-256 is in a file of the same name with .sha256.

    Raises:
        BackupFailed, programs.ProgramMissing, OSError, django.db.Error.
    """
    now = datetime.now(tz=UTC)
    directory.mkdir(parents=True, exist_ok=True)
    suffix = "dump" if form == "pg_dump" else f"jsonl{'.gz' if compress else ''}"
    target = directory / f"plaza-{settings.SERVICE}-{now.strftime(_STAMP)}.{suffix}"
    with _appearing(target) as draft:
        if form == "pg_dump":
            _dump(Path(draft.name), compress=compress)
        else:
            _write(draft, compress=compress, now=now)
    _remove_old(directory, before=now - timedelta(days=keep_days), keep=target)
    return target


def checksum_file(path: Path) -> Path:
    """Return where the checksum of a backup is kept."""
    return path.with_name(f"{path.name}.sha256")


def taken_at(path: Path) -> datetime:
    """Return when a backup of this service was begun, which is in its name; raises ValueError for another name."""
    match = _ours().fullmatch(path.name)
    if match is None:
        raise ValueError(f"{path.name} is no backup of {settings.SERVICE}")
    return datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)


def _ours() -> "re.Pattern[str]":
    """Return how this service's files are named, finished or not, with their checksums."""
    return re.compile(
        rf"\.?plaza-{re.escape(settings.SERVICE)}-(\d{{8}}T\d{{6}}\.\d{{6}}Z)\.(jsonl|jsonl\.gz|dump)"
        r"(\.sha256|\.\w+\.partial)?"
    )


@contextlib.contextmanager
def _appearing(target: Path) -> Iterator[IO[bytes]]:
    """Give a private draft in the same directory, and at the end its name; without a trace when the block fails."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".partial")  # mode 0600
    draft = Path(name)
    os.close(descriptor)
    try:
        with draft.open("r+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        _write_checksum(target, digest)
        draft.rename(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        checksum_file(target).unlink(missing_ok=True)
        raise
    _sync(target.parent)


def _write_checksum(target: Path, digest: str) -> None:
    """Write the checksum file, in the form that sha256sum --check reads."""
    descriptor = os.open(checksum_file(target), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{digest}  {target.name}\n")
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    """Make the names in a directory survive a loss of power."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(draft: IO[bytes], *, compress: bool, now: datetime) -> None:
    """Write the JSON format from one snapshot."""
    with contextlib.ExitStack() as opened:
        out: IO[bytes] = draft
        if compress:
            packed = gzip.GzipFile(filename="", fileobj=draft, mode="wb", compresslevel=6)
            out = cast("IO[bytes]", opened.enter_context(packed))
        opened.enter_context(transaction.atomic(durable=True))
        with connection.cursor() as cursor:
            cursor.execute(_SNAPSHOT)
        columns = tables.columns()
        header = {
            "plaza_backup": FORMAT,
            "service": settings.SERVICE,
            "taken_at": now,
            "migrations": tables.migrations(),
            "tables": columns,
        }
        out.write(orjson.dumps(header) + b"\n")
        counts = {name: _write_rows(out, name, names) for name, names in columns.items()}
        out.write(orjson.dumps({"rows": counts}) + b"\n")


def _write_rows(out: IO[bytes], table: str, names: tables.Columns) -> int:
    """Stream a table, a line for each row; returns how many."""
    count = 0
    query = f"COPY (SELECT {tables.quoted(*names)} FROM {tables.quoted(table)}) TO STDOUT"  # noqa: S608 (quoted names)
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(query) as copy:
        for row in copy.rows():
            out.write(orjson.dumps({"table": table, "row": row}) + b"\n")
            count += 1
    return count


def _dump(draft: Path, *, compress: bool) -> None:
    """Let pg_dump write its custom archive, which is one snapshot too, into the file that is there."""
    command = [
        *(programs.program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--lock-wait-timeout=10s"),
        *(f"--compress={6 if compress else 0}", f"--file={draft}", f"--exclude-table-data={tables.MARKS_TABLE}"),
    ]
    done = subprocess.run(  # noqa: S603 (a fixed command)
        command, env=programs.environment(), stderr=subprocess.PIPE, check=False
    )
    if done.returncode:
        raise BackupFailed(f"pg_dump failed: {programs.last_words(done.stderr)}")


def _remove_old(directory: Path, *, before: datetime, keep: Path) -> None:
    """Remove this service's backups, finished or not, that were taken before a time; nothing else in the directory."""
    ours = _ours()
    for path in directory.iterdir():
        match = ours.fullmatch(path.name)
        if match and path != keep and datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC) < before:
            path.unlink(missing_ok=True)
