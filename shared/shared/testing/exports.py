"""Reading an export back: the rows of a streamed CSV, and what a time looks like in it."""

import csv
import io
from datetime import datetime

from django.http import StreamingHttpResponse


def table(response: StreamingHttpResponse) -> list[list[str]]:
    """Return the rows of a streamed CSV, the headings first."""
    return list(csv.reader(io.StringIO(b"".join(response).decode())))


def moment(at: datetime) -> str:
    """Return a time as an export writes it: RFC 3339 in UTC, without zeros at the end."""
    seconds = f"{at:%Y-%m-%dT%H:%M:%S.%f}".rstrip("0").rstrip(".")
    return f"{seconds}Z"
