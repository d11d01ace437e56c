"""Hints from one process to another through Valkey: best effort, never needed for correctness.

After a commit somebody says "there is news on this channel"; whoever waits looks at the database at once
instead of at its next poll. PostgreSQL's NOTIFY would serialise commits (decision record 0004).
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import redis
from django.conf import settings

Found = TypeVar("Found")

_PATIENCE = 0.05  # seconds a hint may cost its sender
_PAUSE_AFTER_FAULT = 1.0  # seconds without hints after Valkey did not answer
_local = threading.local()
_silent_until = 0.0


def _client() -> redis.Redis:
    """Return this thread's connection to Valkey."""
    if not hasattr(_local, "client"):
        _local.client = redis.Redis.from_url(
            settings.CACHE_URL, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
        )
    return _local.client  # type: ignore[no-any-return]


def _name(channel: str) -> str:
    """Return the channel's full name, which starts with the service's."""
    return f"{settings.SERVICE}:hint:{channel}"


def publish(channel: str) -> None:
    """Say that there is news on a channel; costs at most a few milliseconds and never fails."""
    global _silent_until  # noqa: PLW0603 (one breaker for the process)
    if time.monotonic() < _silent_until:
        return
    try:
        _client().publish(_name(channel), b"1")
    except redis.RedisError:
        _silent_until = time.monotonic() + _PAUSE_AFTER_FAULT


class Listener:
    """Listens on one channel; while Valkey is away it only sleeps, and subscribes again when it is back.

    Args:
        channel: where news is announced.
    """

    def __init__(self, channel: str) -> None:
        self._name = _name(channel)
        self._pubsub: redis.client.PubSub | None = None
        self._ensure()

    def pause(self, seconds: float) -> bool:
        """Wait at most the given seconds; returns early, with True, when there is news."""
        deadline = time.monotonic() + seconds
        try:
            if self._ensure():
                return self._listen(deadline)
        except redis.RedisError:
            self.close()
        time.sleep(max(deadline - time.monotonic(), 0))
        return False

    def close(self) -> None:
        """Stop listening."""
        pubsub, self._pubsub = self._pubsub, None
        if pubsub is not None:
            with suppress(redis.RedisError):
                pubsub.close()

    def _ensure(self) -> bool:
        """Return whether the channel is subscribed, and subscribe it when it is not."""
        if self._pubsub is None:
            pubsub = _client().pubsub(ignore_subscribe_messages=True)
            try:
                pubsub.subscribe(self._name)
            except redis.RedisError:
                pubsub.close()
                return False
            self._pubsub = pubsub
        return True

    def _listen(self, deadline: float) -> bool:
        """Wait for news until the deadline; one burst of hints is one piece of news."""
        assert self._pubsub is not None  # noqa: S101 (for the type checker)
        while (left := deadline - time.monotonic()) > 0:
            if self._pubsub.get_message(timeout=left) is not None:
                while self._pubsub.get_message(timeout=0.0) is not None:
                    pass
                return True
        return False


@contextmanager
def subscription(channel: str) -> Iterator[Callable[[float], bool]]:
    """Listen on a channel for the block; yields pause(seconds), which returns early (True) when there is news."""
    listener = Listener(channel)
    try:
        yield listener.pause
    finally:
        listener.close()


class Switchboard:
    """One connection of the process that hears every hint of its service and rings those who wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, set[threading.Event]] = {}
        self._thread: threading.Thread | None = None
        self.hears = False  # while it does, a hint is lost only with the connection

    @contextmanager
    def bell(self, channel: str) -> Iterator[threading.Event]:
        """Yield an event that is set at each hint on the channel, and when hints may have been lost."""
        bell, name = threading.Event(), _name(channel)
        with self._lock:
            self._waiting.setdefault(name, set()).add(bell)
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="hints", daemon=True)
                self._thread.start()
        try:
            yield bell
        finally:
            with self._lock:
                self._waiting[name].discard(bell)
                if not self._waiting[name]:
                    del self._waiting[name]

    def _listen(self) -> None:
        """Ring bells for as long as the process lives; an outage of Valkey is waited for."""
        while True:
            client = redis.Redis.from_url(settings.CACHE_URL, socket_connect_timeout=1)
            try:
                with client, client.pubsub() as pubsub:
                    pubsub.psubscribe(_name("*"))
                    while True:
                        self._hear(pubsub.get_message(timeout=30.0))
            except redis.RedisError:
                self.hears = False
                time.sleep(_PAUSE_AFTER_FAULT)

    def _hear(self, message: dict[str, Any] | None) -> None:
        """Ring for a hint; once subscribed, ring for whoever has looked before."""
        if message is None:
            return
        if message["type"] == "psubscribe":
            self.hears = True
            self._ring(*list(self._waiting))
        elif message["type"] == "pmessage":
            self._ring(message["channel"].decode())

    def _ring(self, *names: str) -> None:
        """Ring the bells of some channels."""
        with self._lock:
            for name in names:
                for bell in self._waiting.get(name, ()):
                    bell.set()


_switchboard = Switchboard()

_FIRST_LOOK, _USUAL_LOOK, _RARE_LOOK = 0.5, 2.0, 10.0  # seconds until the next look without a hint
_BREATH = 1.0  # seconds until a waiting thread sees that its process ends


def _always() -> bool:
    """Go on."""
    return True


def wait_for(
    channel: str, read: Callable[[], Found | None], seconds: float, *, going: Callable[[], bool] = _always
) -> Found | None:
    """Return what `read` finds, looking again at each hint and, in case one was lost, at growing intervals.

    Args:
        channel: where news is announced.
        read: looks once; None means not yet.
        seconds: the longest wait.
        going: whether to wait on; asked once a second.

    Returns:
        What `read` found, or None when the time is over.
    """
    deadline, interval = time.monotonic() + seconds, _FIRST_LOOK
    with _switchboard.bell(channel) as bell:
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
