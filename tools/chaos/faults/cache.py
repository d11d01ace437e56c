"""F5: Valkey is away, forgets everything, or takes two seconds for each answer."""

import contextlib
from collections.abc import Callable, Iterator

import redis

from devstack import config
from tools.chaos.proxy import Mode
from tools.chaos.schedule import Card, Strike
from tools.chaos.stage import Missed, Stage

_ALL = ("valkey",)
_SLOW_SECONDS = 2.0

CARDS = (
    Card(family="F5", name="stop cache", targets=_ALL, shortest=3, longest=6),
    Card(family="F5", name="empty cache", targets=_ALL),
    Card(family="F5", name="slow cache", targets=_ALL, shortest=3, longest=6),
)


@contextlib.contextmanager
def stop(stage: Stage, strike: Strike) -> Iterator[None]:
    """Stop the cache for a while."""
    stage.system.stop(strike.target)
    try:
        yield
    finally:
        stage.system.start(strike.target)


@contextlib.contextmanager
def flush(stage: Stage, strike: Strike) -> Iterator[None]:
    """Forget everything that is cached, counted or noted as revoked."""
    del strike
    with redis.Redis.from_url(stage.system.stack.cache_url, socket_timeout=2) as client:
        try:
            client.flushall()
        except redis.RedisError as away:
            raise Missed("the cache is away") from away
    yield


@contextlib.contextmanager
def slow(stage: Stage, strike: Strike) -> Iterator[None]:
    """Let everything to and from the cache take its time."""
    del strike
    for service in config.SERVICES:
        stage.network.set(service=service, store="valkey", mode=Mode.LATENCY, delay=_SLOW_SECONDS)
    try:
        yield
    finally:
        for service in config.SERVICES:
            stage.network.set(service=service, store="valkey", mode=Mode.PASS)


ACTIONS: dict[str, Callable[[Stage, Strike], contextlib.AbstractContextManager[None]]] = {
    "stop cache": stop,
    "empty cache": flush,
    "slow cache": slow,
}
