"""Looking at a queue from outside: how many messages wait in it, and how fast a consumer empties it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import amqp

from benchmarks import machine
from benchmarks.figures import Sample

_LOOK_SECONDS = 0.02
_PATIENCE = 600.0


@contextmanager
def channel(url: str) -> Iterator[Any]:
    """Open a channel for the block."""
    address = urlsplit(url)
    user, password = unquote(address.username or ""), unquote(address.password or "")
    with amqp.Connection(host=f"{address.hostname}:{address.port}", userid=user, password=password) as link:
        yield link.channel()


def drained(opened: Any, queue: str, *, pid: int) -> Sample:
    """Wait until a queue is empty; returns how fast it went from nine tenths to nothing, and what that cost.

    Args:
        opened: a channel.
        queue: that a consumer is working on.
        pid: the consumer's process, with its children.

    Raises:
        TimeoutError: it takes too long.
    """
    full = _ready(opened, queue)
    while (count := _ready(opened, queue)) > full * 0.9:
        time.sleep(_LOOK_SECONDS)
    begun, before = time.monotonic(), machine.cpu_seconds(pid)
    while _ready(opened, queue):
        if time.monotonic() - begun > _PATIENCE:
            raise TimeoutError(f"{queue} is not emptied")
        time.sleep(_LOOK_SECONDS)
    return Sample(count=count, seconds=time.monotonic() - begun, cpu=machine.cpu_seconds(pid) - before)


def _ready(opened: Any, queue: str) -> int:
    """Return how many messages wait."""
    return int(opened.queue_declare(queue, passive=True).message_count)
