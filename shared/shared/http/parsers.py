"""Bodies, strictly: JSON is UTF-8 and one value, what does not parse says where; a form is whole or refused."""

from collections.abc import Mapping
from email.message import Message
from typing import IO, Any

import orjson
from rest_framework import parsers

from shared.errors import InvalidInput


class MalformedJSON(InvalidInput):
    """The body is not JSON."""

    message = "The body is not valid JSON."


class JSONParser(parsers.BaseParser):
    """Parses application/json with orjson."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the body's value; raises MalformedJSON with the place of the fault."""
        del media_type, parser_context
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise MalformedJSON(
                f"The body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
            ) from error


class TruncatedForm(InvalidInput):
    """A form ended before its last boundary: its length was a lie, or its sender went away."""

    message = "The form ends before its last boundary."


class MultiPartParser(parsers.MultiPartParser):
    """Parses multipart/form-data (RFC 7578) that is complete; the library takes what breaks off for the whole."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the fields and files; raises ParseError or TruncatedForm."""
        watched = _Watched(stream)
        parsed = super().parse(watched, media_type, parser_context)  # type: ignore[arg-type]  # it only reads
        boundary = Message()
        boundary["Content-Type"] = media_type or ""
        if f"--{boundary.get_boundary('')}--".encode() not in watched.tail:
            raise TruncatedForm
        return parsed


class _Watched:
    """A stream that remembers the end of what was read."""

    _KEPT = 1024

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data = self._stream.read(size)
        self.tail = (self.tail + data)[-self._KEPT :]
        return data
