"""The Prefer header (RFC 7240): `wait=N`, seconds that a client is willing to wait for an outcome."""

import re
import threading
from collections.abc import Callable
from typing import TypeVar

from django.http import HttpResponseBase
from rest_framework.request import Request

from shared import hints

LONGEST_WAIT = 30

_WAIT = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?:$|,|;)", re.IGNORECASE)

Found = TypeVar("Found")

# Waiting clients hold a thread each; beyond this many the others are answered at once with what there is.
_places = threading.BoundedSemaphore(4)


def wait_seconds(request: Request) -> int | None:
    """Return for how many seconds the client would wait (at most 30), or None when it did not say."""
    found = _WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), LONGEST_WAIT) if found else None


def set_places(count: int) -> None:
    """Say how many clients may wait at once in this process; called when a web worker starts."""
    global _places  # noqa: PLW0603 (one limit for the process)
    _places = threading.BoundedSemaphore(max(count, 1))


def wait(channel: str, read: Callable[[], Found | None], seconds: int) -> Found | None:
    """Return what `read` finds within the time, or None; answers at once when too many are waiting already."""
    if not _places.acquire(blocking=False):
        return read()
    try:
        return hints.wait_for(channel, read, seconds)
    finally:
        _places.release()


def applied(response: HttpResponseBase, seconds: int) -> None:
    """Tell the client that its preference was honoured."""
    response["Preference-Applied"] = f"wait={seconds}"
