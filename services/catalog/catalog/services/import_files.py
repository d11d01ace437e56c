"""Taking a file in: checked while it comes, piece by piece, never held as a whole."""

import hashlib
from collections.abc import Iterable, Iterator

from django.conf import settings

from catalog.domain import csv_reader, import_files, import_rows
from catalog.selectors.imports import CHUNK_BYTES
from shared.errors import InvalidInput, TooLarge


class FileTooLarge(TooLarge):
    """The file is larger than this installation takes."""

    message = "The file is larger than this installation accepts."

    def __init__(self) -> None:
        limit = settings.IMPORT_MAX_BYTES
        text = f"The file is larger than {limit} bytes, the most that an import accepts."
        super().__init__(f"file: {text}", details={"file": [text]})


class Intake:
    """Iterates over a file in chunks of the size that reading relies on, and refuses what is no text in UTF-8.

    Args:
        pieces: the file's bytes, in pieces of any size.

    Attributes:
        size: bytes so far.
        digest: of all chunks, once they are taken: SHA-256 in hexadecimal.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._chunks = self._checked(_rechunked(pieces))

    @property
    def digest(self) -> str:
        """Return the digest of what was taken."""
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """Return the next chunk; raises InvalidInput or FileTooLarge."""
        return next(self._chunks)

    def _checked(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the chunks as long as nothing is wrong with them."""
        encoding = import_files.Utf8()
        try:
            for chunk in chunks:
                if not self.size:
                    import_files.check_kind(chunk)
                self.size += len(chunk)
                if self.size > settings.IMPORT_MAX_BYTES:
                    raise FileTooLarge
                encoding.check(chunk)
                self._hash.update(chunk)
                yield chunk
            encoding.check(b"", final=True)
        except import_files.WrongFile as error:
            raise refusal(str(error)) from error


def header(first: bytes) -> tuple[list[str], int, int]:
    """Return the columns, and the offset and line of the first row.

    Args:
        first: the file's first chunk.

    Raises:
        InvalidInput: there is none, or it names not the right columns.
    """
    if not first.removeprefix(csv_reader.BOM).strip():
        raise refusal("The file is empty.")
    skipped = len(csv_reader.BOM) if first.startswith(csv_reader.BOM) else 0
    whole = first if len(first) < CHUNK_BYTES else first[: first.rfind(b"\n") + 1]
    try:
        record = next(iter(csv_reader.Reader([whole[skipped:]], offset=skipped)), None)
    except csv_reader.Broken as error:
        raise refusal(str(error)) from error
    if record is None:
        raise refusal("The header does not end.")
    columns = [field.strip() for field in record.fields]
    if faults := import_rows.header_faults(columns):
        raise refusal(*faults)
    return columns, record.next_offset, record.next_line


def refusal(*texts: str) -> InvalidInput:
    """Return the refusal of a file."""
    return InvalidInput.of({"file": texts})


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
