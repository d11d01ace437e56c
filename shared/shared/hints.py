"""Hints from one process to another through Valkey: best effort, never needed for correctness.

After a commit somebody says "there is news on this channel"; whoever waits looks at the database at once
instead of at its next poll. PostgreSQL's NOTIFY would serialise commits (decision record 0004).

A hint is said and heard through a bare connection: a client around it costs more than the hint.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import redis
from django.conf import settings
from redis.connection import ConnectionInterface

Found = TypeVar("Found")

_PATIENCE = 0.05  # seconds a hint may cost its sender
_PAUSE_AFTER_FAULT = 1.0  # seconds without hints after Valkey did not answer
_NEWS = "1"  # nothing in particular
_local = threading.local()
_silent_until = 0.0


def _connection(*, timeout: float) -> ConnectionInterface:
    """Return a new connection to Valkey, which opens when it is used; timeout in seconds."""
    url = settings.CACHE_URL
    return redis.ConnectionPool.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout).make_connection()


def _name(channel: str) -> str:
    """Return the channel's full name, which starts with the service's."""
    return f"{settings.SERVICE}:hint:{channel}"


def publish(channel: str, word: str = _NEWS) -> None:
    """Say that there is news on a channel; costs at most a few milliseconds and never fails.

    Args:
        channel: where it is announced.
        word: what the news is, so that those who wait for other news need not look.
    """
    global _silent_until  # noqa: PLW0603 (one breaker for the process)
    if time.monotonic() < _silent_until:
        return
    try:
        _say(_name(channel), word)
    except redis.RedisError:
        _silent_until = time.monotonic() + _PAUSE_AFTER_FAULT


def _say(name: str, word: str) -> None:
    """Say it on this thread's connection; on a new one, when that has been closed meanwhile."""
    if not hasattr(_local, "connection"):
        _local.connection = _connection(timeout=_PATIENCE)
    connection: ConnectionInterface = _local.connection
    try:
        _ask(connection, "PUBLISH", name, word)
    except redis.ConnectionError:  # not a timeout, which is another class
        _ask(connection, "PUBLISH", name, word)


def _ask(connection: ConnectionInterface, *command: str) -> Any:
    """Send a command and return the answer; the connection opens itself, and closes itself after a fault."""
    connection.send_command(*command, check_health=False)
    return connection.read_response()


class Listener:
    """Listens on one channel; while Valkey is away it only sleeps, and subscribes again when it is back.

    Args:
        channel: where news is announced.
    """

    def __init__(self, channel: str) -> None:
        self._name = _name(channel)
        self._connection: ConnectionInterface | None = None
        self._ensure()

    def pause(self, seconds: float) -> bool:
        """Wait at most the given seconds; returns early, with True, when there is news."""
        deadline = time.monotonic() + seconds
        try:
            if self._ensure():
                return self._listen(seconds)
        except redis.RedisError:
            self.close()
        time.sleep(max(deadline - time.monotonic(), 0))
        return False

    def close(self) -> None:
        """Stop listening."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()

    def _ensure(self) -> bool:
        """Return whether the channel is subscribed, and subscribe it when it is not."""
        if self._connection is None:
            connection = _connection(timeout=_PATIENCE)
            try:
                _ask(connection, "SUBSCRIBE", self._name)
            except redis.RedisError:
                connection.disconnect()
                return False
            self._connection = connection
        return True

    def _listen(self, seconds: float) -> bool:
        """Wait for news so long; one burst of hints is one piece of news."""
        assert self._connection is not None  # noqa: S101 (for the type checker)
        if not self._connection.can_read(seconds):
            return False
        while self._connection.can_read(0):
            self._connection.read_response()
        return True


@contextmanager
def subscription(channel: str) -> Iterator[Callable[[float], bool]]:
    """Listen on a channel for the block; yields pause(seconds), which returns early (True) when there is news."""
    listener = Listener(channel)
    try:
        yield listener.pause
    finally:
        listener.close()


class Switchboard:
    """One connection of the process that hears all hints about single things and rings those who wait for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, dict[threading.Event, Collection[str]]] = {}
        self._thread: threading.Thread | None = None
        self.hears = False  # while it does, a hint is lost only with the connection

    @contextmanager
    def bell(self, channel: str, words: Collection[str] = ()) -> Iterator[threading.Event]:
        """Yield an event that is set at hints on the channel, and when hints may have been lost.

        Args:
            channel: about a single thing: `kind:id`.
            words: only hints that say one of these, or nothing in particular; empty: all hints.
        """
        bell, name = threading.Event(), _name(channel)
        with self._lock:
            self._waiting.setdefault(name, {})[bell] = words
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="hints", daemon=True)
                self._thread.start()
        try:
            yield bell
        finally:
            with self._lock:
                del self._waiting[name][bell]
                if not self._waiting[name]:
                    del self._waiting[name]

    def _listen(self) -> None:
        """Ring bells for as long as the process lives; an outage of Valkey is waited for."""
        while True:
            connection = _connection(timeout=1)
            try:
                _ask(connection, "PSUBSCRIBE", _name("*:*"))
                self.hears = True
                self._ring_all()  # whoever has looked before
                while True:
                    if connection.can_read(30.0):
                        self._hear(*connection.read_response())
            except redis.RedisError:
                self.hears = False
                connection.disconnect()
                time.sleep(_PAUSE_AFTER_FAULT)

    def _hear(self, _kind: bytes, _pattern: bytes, name: bytes, word: bytes) -> None:
        """Ring for a hint."""
        said = word.decode()
        with self._lock:
            for bell, words in self._waiting.get(name.decode(), {}).items():
                if not words or said in {_NEWS, *words}:
                    bell.set()

    def _ring_all(self) -> None:
        """Ring every bell."""
        with self._lock:
            for bells in self._waiting.values():
                for bell in bells:
                    bell.set()


_switchboard = Switchboard()

_FIRST_LOOK, _USUAL_LOOK, _RARE_LOOK = 0.5, 2.0, 10.0  # seconds until the next look without a hint
_BREATH = 1.0  # seconds until a waiting thread sees that its process ends


def _always() -> bool:
    """Go on."""
    return True


def wait_for(
    channel: str,
    read: Callable[[], Found | None],
    seconds: float,
    *,
    words: Collection[str] = (),
    going: Callable[[], bool] = _always,
) -> Found | None:
    """Return what `read` finds, looking again at each hint and, in case one was lost, at growing intervals.

    Args:
        channel: where news about the thing is announced: `kind:id`.
        read: looks once; None means not yet.
        seconds: the longest wait.
        words: after hints that say something else it need not look; empty: any may be worth it.
        going: whether to wait on; asked once a second.

    Returns:
        What `read` found, or None when the time is over.
    """
    deadline, interval = time.monotonic() + seconds, _FIRST_LOOK
    with _switchboard.bell(channel, words) as bell:
        while (found := read()) is None:
            left = deadline - time.monotonic()
            if left <= 0 or not _rung(bell, min(interval, left), going):
                return None
            interval = min(interval * 2, _RARE_LOOK if _switchboard.hears else _USUAL_LOOK)
    return found


def _rung(bell: threading.Event, seconds: float, going: Callable[[], bool]) -> bool:
    """Wait for a bell, at most so long; returns False when there is no going on."""
    end = time.monotonic() + seconds
    while going() and (left := end - time.monotonic()) > 0:
        if bell.wait(min(left, _BREATH)):
            bell.clear()
            break
    return going()
