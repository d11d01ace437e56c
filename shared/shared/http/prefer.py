"""The Prefer header (RFC 7240): `wait=N`, seconds that a client is willing to wait for an outcome."""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

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


@dataclass(frozen=True, kw_only=True)
class Waited(Generic[Found]):
    """How a wait ended: with what was found, or None; and whether there was a place to wait in at all."""

    found: Found | None
    honoured: bool


def wait(channel: str, read: Callable[[], Found | None], seconds: int) -> Waited[Found]:
    """Return what `read` finds within the time; looks once when too many are waiting in this process already.

    Args:
        channel: where news is announced.
        read: looks once; None means not yet.
        seconds: the longest wait.
    """
    if not _places.acquire(blocking=False):
        return Waited(found=read(), honoured=False)
    try:
        return Waited(found=hints.wait_for(channel, read, seconds), honoured=True)
    finally:
        _places.release()


def tell(response: HttpResponseBase, waited: Waited[Any], seconds: int) -> None:
    """Tell the client that its preference was honoured (RFC 7240, section 3), or when to try again.

    A client that believed to have waited would ask again at once, and all those without a place would do so together.
    """
    if waited.honoured or waited.found is not None:
        response["Preference-Applied"] = f"wait={seconds}"
    else:
        response["Retry-After"] = "1"
