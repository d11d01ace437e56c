"""JSON bodies, strictly: UTF-8, one value, no duplicate surprises; what does not parse says where."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.parsers import BaseParser

from shared.errors import InvalidInput


class MalformedJSON(InvalidInput):
    """The body is not JSON."""

    message = "The body is not valid JSON."


class JSONParser(BaseParser):
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
