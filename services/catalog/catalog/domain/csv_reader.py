"""CSV records out of pieces of a file, each with the byte after it, so that reading can go on from there later.

Only the standard library's reader knows where a quoted field ends; this counts the bytes of the lines it takes.
"""

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LONGEST_LINE = 1024 * 1024  # bytes; what is longer is no list of products
BOM = b"\xef\xbb\xbf"


class Broken(ValueError):
    """The text is not CSV (RFC 4180) from this line on."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"Line {line} is not valid CSV: {reason}.")
        self.line = line


class Record(NamedTuple):
    """One record: the line it starts on, its fields, and the offset and line where the next one starts."""

    line: int
    fields: list[str]
    next_offset: int
    next_line: int


def split(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file that comes in pieces, each with its line feed; at most one piece is held.

    Raises:
        csv.Error: a line does not end.
    """
    rest = b""
    for piece in pieces:
        *complete, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in complete)
        if len(rest) > LONGEST_LINE:
            raise csv.Error(f"it is longer than {LONGEST_LINE} bytes")
    if rest:
        yield rest


class Reader:
    """Iterates over the records from a given place on.

    Args:
        pieces: the file's bytes (UTF-8) from `offset` on.
        offset: bytes before the first piece.
        line: number of the line that begins there.
    """

    def __init__(self, pieces: Iterable[bytes], *, offset: int = 0, line: int = 1) -> None:
        self.offset = offset
        self.line = line
        self._rows = csv.reader(self._counted(split(pieces)), strict=True)

    def __iter__(self) -> Iterator[Record]:
        """Yield the records; blank lines are none. Raises Broken where the text is no CSV."""
        while True:
            line = self.line
            try:
                fields = next(self._rows, None)
            except csv.Error as error:
                raise Broken(line, str(error)) from error
            if fields is None:
                return
            if fields:
                yield Record(line=line, fields=fields, next_offset=self.offset, next_line=self.line)

    def _counted(self, lines: Iterator[bytes]) -> Iterator[str]:
        """Yield the lines as text and keep count of what was taken."""
        for raw in lines:
            self.offset += len(raw)
            self.line += 1
            yield raw.decode()
