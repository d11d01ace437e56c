"""JSON answers by orjson: money as a decimal string with two digits, ids as strings, times as RFC 3339 UTC."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def _other(value: Any) -> Any:
    """Return what orjson does not know as something it does; raises TypeError."""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, set | frozenset | tuple):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not JSON serializable")


def dumps(data: Any) -> bytes:
    """Return JSON bytes; raises TypeError for a value that has no JSON form here."""
    return orjson.dumps(data, default=_other, option=_OPTIONS)


class JSONRenderer(BaseRenderer):
    """The only renderer: JSON, UTF-8."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the body's bytes."""
        del accepted_media_type, renderer_context
        return b"" if data is None else dumps(data)


class CSVRenderer(BaseRenderer):
    """Lets callers ask for text/csv; such answers are streamed (ApiView.download) and never rendered."""

    media_type = "text/csv"
    format = "csv"
