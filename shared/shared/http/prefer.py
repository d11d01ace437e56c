"""The Prefer header (RFC 7240): `wait=N`, seconds that a client is willing to wait for an outcome."""

import random
import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from django.db import connection
from django.http import HttpResponseBase
from rest_framework.request import Request

from shared import context, hints

LONGEST_WAIT = 30
_AGAIN_SECONDS = (2, 6)

_WAIT = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d{1,6})\"?\s*(?:$|,|;)", re.IGNORECASE)

Found = TypeVar("Found")
StartResponse: TypeAlias = Callable[..., Any]
WSGIApplication: TypeAlias = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class Room:
    """Where the clients of one process wait: how many may, and how many requests are worked on meanwhile.

    A waiting client holds a thread, and nothing else: while it waits others take its place at work. So waiting needs
    threads, which cost little, but no more connections to the database and no more computing.

    Args:
        places: for so many waiting clients; the others are answered at once with what there is.
        working: at most so many requests are worked on at once; None: as many as there are threads.
        going: whether to wait on, which a process that ends does not.
    """

    def __init__(self, *, places: int, working: int | None = None, going: Callable[[], bool] = lambda: True) -> None:
        self.places = threading.BoundedSemaphore(max(places, 1))
        self.going = going
        self._working = None if working is None else threading.BoundedSemaphore(working)

    @contextmanager
    def work(self) -> Iterator[None]:
        """Work within the block, once there is room for it."""
        if self._working is None or getattr(_thread, "works", False):
            yield
            return
        with self._working:
            _thread.works = True
            try:
                yield
            finally:
                _thread.works = False

    @contextmanager
    def rest(self) -> Iterator[None]:
        """Leave the work to others within the block, and the connection to the database."""
        _lend()
        if self._working is None or not getattr(_thread, "works", False):
            yield
            return
        self._working.release()
        _thread.works = False
        try:
            yield
        finally:
            self._working.acquire()
            _thread.works = True


_thread = threading.local()
_room = Room(places=4)


def _lend() -> None:
    """Give the thread's connection back to the pool, if there is one and no transaction needs it."""
    if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
        connection.close()


def open_room(room: Room) -> None:
    """Say where clients wait in this process; called when a web worker starts."""
    global _room  # noqa: PLW0603 (one for the process)
    _room = room


def turnstile(application: WSGIApplication) -> WSGIApplication:
    """Return the application that works on no more requests at once than the room allows.

    Args:
        application: one whose views let clients wait.
    """

    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        with _room.work():
            return application(environ, start_response)

    return answer


def wait_seconds(request: Request) -> int | None:
    """Return for how many seconds the client would wait (at most 30), or None when it did not say."""
    found = _WAIT.search(request.headers.get("Prefer", ""))
    return min(int(found[1]), LONGEST_WAIT) if found else None


@dataclass(frozen=True, kw_only=True)
class Waited(Generic[Found]):
    """How a wait ended: with what was found, or None; and whether there was a place to wait in at all."""

    found: Found | None
    honoured: bool


def wait(channel: str, read: Callable[[], Found | None], seconds: int, *, words: Collection[str] = ()) -> Waited[Found]:
    """Return what `read` finds within the time; looks once when too many are waiting in this process already.

    Args:
        channel: where news is announced.
        read: looks once; None means not yet.
        seconds: the longest wait.
        words: only news that says one of these is worth a look; empty: any.
    """
    room = _room
    if not room.places.acquire(blocking=False):
        return Waited(found=read(), honoured=False)
    try:
        with room.rest():
            began = time.perf_counter()
            found = hints.wait_for(channel, lambda: _look(room, read), seconds, words=words, going=room.going)
            context.waited.set(context.waited.get() + time.perf_counter() - began)
        return Waited(found=found, honoured=room.going())
    finally:
        room.places.release()


def _look(room: Room, read: Callable[[], Found | None]) -> Found | None:
    """Look once, which is work."""
    with room.work():
        try:
            return read()
        finally:
            _lend()


def tell(response: HttpResponseBase, waited: Waited[Any], seconds: int) -> None:
    """Tell the client that its preference was honoured (RFC 7240, section 3), or when to try again.

    A client that believed to have waited would ask again at once, and all those without a place would do so together.
    """
    if waited.honoured or waited.found is not None:
        response["Preference-Applied"] = f"wait={seconds}"
    else:
        response["Retry-After"] = str(random.randint(*_AGAIN_SECONDS))  # noqa: S311 (spreads who comes again)
