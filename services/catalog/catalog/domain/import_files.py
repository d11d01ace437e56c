"""What an import's file must be: text in UTF-8, and not something else under the name of CSV."""

import codecs

# The first bytes of what people send instead of CSV (each format's own specification).
_KINDS = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook (XLSX)"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (XLS)"),
    (b"%PDF-", "a PDF document"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
)


class WrongFile(ValueError):
    """The file is nothing that rows could be read from; the text says why."""


def check_kind(first: bytes) -> None:
    """Refuse a file that is no plain text; raises WrongFile that names what it is.

    Args:
        first: the beginning of the file.
    """
    for magic, kind in _KINDS:
        if first.startswith(magic):
            raise WrongFile(f"The file is {kind}; save it as CSV in UTF-8.")
    if b"\0" in first.partition(b"\n")[0]:
        raise WrongFile("The file is binary; save it as CSV in UTF-8.")


class Utf8:
    """Checks the encoding of a file that comes in pieces."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._line = 1

    def check(self, piece: bytes, *, final: bool = False) -> None:
        """Take the next piece in; raises WrongFile that names the first wrong byte and its line.

        Args:
            piece: the bytes after those before.
            final: nothing follows.
        """
        pending = self._decoder.getstate()[0]
        try:
            self._decoder.decode(piece, final=final)
        except UnicodeDecodeError as error:
            data = pending + piece
            line = self._line + data.count(b"\n", 0, error.start)
            byte = data[error.start]
            raise WrongFile(f"The file is not UTF-8: line {line} has the byte 0x{byte:02X}.") from error
        self._line += piece.count(b"\n")
