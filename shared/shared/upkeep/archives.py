"""Reading backups of both formats as the same thing: what they are of, and their rows one by one."""

import gzip
import hashlib
import re
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, Protocol

import orjson

from shared.errors import AppError
from shared.upkeep import backup, programs

Values = list[str | None]


class ArchiveDamaged(AppError):
    """The file is not a backup, or not the one that was written."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a table: its columns' values in PostgreSQL's text form."""

    table: str
    columns: tuple[str, ...]
    values: Values


class Archive(Protocol):
    """A backup that can be read more than once."""

    def service(self) -> str | None:
        """Return the service it was taken of, when the format says so."""

    def migrations(self) -> dict[str, list[str]]:
        """Return the names of the migrations its tables had, by app."""

    def rows(self) -> Iterator[Row]:
        """Yield every row, table by table; raises ArchiveDamaged, at the end too when rows are missing."""


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a backup whose content agrees with its checksum.

    Raises ArchiveDamaged, OSError, programs.ProgramMissing.
    """
    with path.open("rb") as file:
        _check(path, file)
        yield DumpArchive(file) if path.suffix == ".dump" else JsonArchive(file, compressed=path.suffix == ".gz")


def _check(path: Path, file: BufferedReader) -> None:
    """Compare the content with the checksum file."""
    try:
        expected = backup.checksum_file(path).read_text().split()[0]
    except (FileNotFoundError, IndexError) as error:
        raise ArchiveDamaged(f"There is no checksum in {backup.checksum_file(path).name} beside the file.") from error
    if hashlib.file_digest(file, "sha256").hexdigest() != expected:
        raise ArchiveDamaged("The file is not what was written: its checksum differs.")


class JsonArchive:
    """The JSON format: a header line, a line for each row, a footer line with the counts.

    Args:
        file: open for reading; stays the caller's.
        compressed: whether it is gzip.
    """

    def __init__(self, file: IO[bytes], *, compressed: bool) -> None:
        self._file = file
        self._compressed = compressed
        self._header = next(self._lines(), {})
        if not {"plaza_backup", "service", "migrations", "tables"} <= self._header.keys():
            raise ArchiveDamaged("The file does not begin like a backup.")
        if self._header["plaza_backup"] != backup.FORMAT:
            raise ArchiveDamaged(f"The file has format {self._header['plaza_backup']}; this is {backup.FORMAT}.")

    def service(self) -> str | None:
        """Return the service it was taken of."""
        return str(self._header["service"])

    def migrations(self) -> dict[str, list[str]]:
        """Return the names of the migrations its tables had, by app."""
        found: dict[str, list[str]] = self._header["migrations"]
        return found

    def rows(self) -> Iterator[Row]:
        """Yield every row; raises ArchiveDamaged when a line or the footer is wrong."""
        counts = dict.fromkeys(self._header["tables"], 0)
        lines = self._lines()
        next(lines)
        for line in lines:
            if "rows" in line:
                if line["rows"] != counts or next(lines, None) is not None:
                    raise ArchiveDamaged("The footer does not agree with the rows above it.")
                return
            row = self._row(line)
            counts[row.table] += 1
            yield row
        raise ArchiveDamaged("The file ends too early.")

    def _row(self, line: dict[str, Any]) -> Row:
        """Return a line as a row."""
        try:
            columns = tuple(self._header["tables"][line["table"]])
            values: Values = line["row"]
            if len(columns) == len(values) and all(value is None or type(value) is str for value in values):
                return Row(table=line["table"], columns=columns, values=values)
        except (LookupError, TypeError):
            pass
        raise ArchiveDamaged("A line is not a row of one of the tables in the header.")

    def _lines(self) -> Iterator[dict[str, Any]]:
        """Yield each line's JSON object, from the start."""
        self._file.seek(0)
        lines: IO[bytes] = gzip.GzipFile(fileobj=self._file) if self._compressed else self._file  # type: ignore[assignment]
        try:
            for number, line in enumerate(lines, 1):
                parsed = orjson.loads(line)
                if not isinstance(parsed, dict):
                    raise ArchiveDamaged(f"Line {number} is no JSON object.")
                yield parsed
        except orjson.JSONDecodeError as error:
            raise ArchiveDamaged(f"Line {number} is not JSON.") from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ArchiveDamaged("The compressed file is damaged.") from error


_COPY = re.compile(rb'COPY \w+\."?(\w+)"? \((.*)\) FROM stdin;\n')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_MIGRATIONS = "django_migrations"


class DumpArchive:
    """PostgreSQL's custom archive, read through pg_restore.

    Args:
        file: open for reading; stays the caller's.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def service(self) -> str | None:
        """Return None: the format knows only tables; the migrations tell services apart."""
        return None

    def migrations(self) -> dict[str, list[str]]:
        """Return the names of the migrations its tables had, by app."""
        found: dict[str, list[str]] = {}
        for row in self._copied(f"--table={_MIGRATIONS}"):
            each = dict(zip(row.columns, row.values, strict=True))
            found.setdefault(str(each["app"]), []).append(str(each["name"]))
        return {app: sorted(names) for app, names in sorted(found.items())}

    def rows(self) -> Iterator[Row]:
        """Yield every row; raises ArchiveDamaged when pg_restore cannot read the file to its end."""
        return (row for row in self._copied() if row.table != _MIGRATIONS)

    def _copied(self, *options: str) -> Iterator[Row]:
        """Yield the rows that pg_restore would have the server copy."""
        command = [programs.program("pg_restore"), "--data-only", "--file=-", *options]
        self._file.seek(0)
        with tempfile.TemporaryFile() as said:
            with subprocess.Popen(command, stdin=self._file, stdout=subprocess.PIPE, stderr=said) as process:  # noqa: S603 (a fixed command)
                assert process.stdout is not None  # noqa: S101 (for the type checker)
                yield from _rows(process.stdout)
            if process.returncode:
                said.seek(0)
                raise ArchiveDamaged(f"pg_restore cannot read the file: {programs.last_words(said.read())}")


def _rows(script: IO[bytes]) -> Iterator[Row]:
    """Yield the rows of the COPY blocks of an SQL script."""
    for line in script:
        if start := _COPY.fullmatch(line):
            columns = tuple(name.strip('"') for name in start[2].decode().split(", "))
            for data in iter(script.readline, b"\\.\n"):
                if not data:
                    raise ArchiveDamaged("The file ends in the middle of a table.")
                values = [_plain(value) for value in data.decode().removesuffix("\n").split("\t")]
                yield Row(table=start[1].decode(), columns=columns, values=values)


def _plain(value: str) -> str | None:
    r"""Return a value of COPY's text format (PostgreSQL manual, COPY) without its escapes; \N is NULL."""
    if value == r"\N":
        return None
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), value) if "\\" in value else value
