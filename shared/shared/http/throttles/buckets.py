"""Buckets shared by all processes: one atomic script in Valkey for all buckets of a request.

GCRA (generic cell rate algorithm): a bucket's theoretical arrival time moves by one interval per request and may run
ahead of the clock by the burst. A request passes when all its buckets have room, and is charged to all or to none.

Without Valkey the limits are this process's own (shared.http.throttles.local), and every request so judged is counted.
"""

import hashlib
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared import metrics
from shared.http.throttles import local
from shared.http.throttles.rates import Rate

_SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1e6
local arrivals, answer, room = {}, {}, true
for i, key in ipairs(KEYS) do
  local interval, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  arrivals[i] = math.max(tonumber(redis.call('GET', key) or now), now)
  local wait = arrivals[i] + interval - now - interval * burst
  if wait > 1e-6 then room = false else wait = 0 end
  answer[i] = wait
end
for i, key in ipairs(KEYS) do
  if room then
    arrivals[i] = arrivals[i] + tonumber(ARGV[2 * i - 1])
    local lifetime = math.ceil((arrivals[i] - now) * 1000) + 1
    redis.call('SET', key, string.format('%.6f', arrivals[i]), 'PX', lifetime)
  end
  answer[i] = string.format('%.6f %.6f', answer[i], arrivals[i] - now)
end
return answer
"""
_DIGEST = hashlib.sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()  # by which Valkey knows the script
_PATIENCE = 0.25  # seconds for one answer of Valkey
_PAUSE = 1.0  # seconds without asking it again after it did not answer


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Somebody's share of something.

    Attributes:
        policy: the limit's public name; empty when its state is nobody's business.
        key: who is limited at what; must hold no personal data.
        rate: the limit.
    """

    policy: str
    key: str
    rate: Rate


@dataclass(frozen=True, kw_only=True)
class Level:
    """How full a bucket is after a request was charged to it or refused.

    Attributes:
        bucket: which one.
        wait: seconds after which a request will pass; 0 when this bucket had room.
        ahead: seconds until the bucket is as good as new.
    """

    bucket: Bucket
    wait: float
    ahead: float

    @property
    def remaining(self) -> int:
        """Return how many requests would still pass at once."""
        return max(0, math.floor(self.bucket.rate.count - self.ahead / self.bucket.rate.interval + 1e-6))


_local = threading.local()  # each thread's client, whose connection is its own: no pool to ask for one
_epoch = 0  # of clients; those of an older one are not used
_asleep_until = float("-inf")


def take(buckets: Sequence[Bucket]) -> list[Level]:
    """Charge one request to all buckets, or to none when one of them is full.

    Args:
        buckets: without any nobody is asked.

    Returns:
        The level of each, in order; the request was charged when all of them wait 0 seconds.
    """
    if not buckets:
        return []
    names = [f"{settings.SERVICE}:rate:{bucket.key}" for bucket in buckets]
    costs = [(bucket.rate.interval, bucket.rate.count) for bucket in buckets]
    try:
        answers = _charged(names, costs)
    except redis.RedisError:
        metrics.THROTTLE_FAULTS.inc()
        answers = local.charge(names, costs)
    return [
        Level(bucket=bucket, wait=wait, ahead=ahead) for bucket, (wait, ahead) in zip(buckets, answers, strict=True)
    ]


def remember(key: str, *, seconds: int) -> None:
    """Keep a mark for so many seconds; best effort."""
    try:
        _client().set(f"{settings.SERVICE}:mark:{key}", 1, ex=seconds)
    except redis.RedisError:
        _sleep()


def is_remembered(key: str) -> bool:
    """Return whether a mark is kept; False when Valkey does not answer."""
    try:
        return bool(_client().exists(f"{settings.SERVICE}:mark:{key}"))
    except redis.RedisError:
        _sleep()
        return False


def forget_connection() -> None:
    """Connect anew at the next use; for tests."""
    global _epoch, _asleep_until
    _epoch, _asleep_until = _epoch + 1, float("-inf")
    local.forget()


def _client() -> Any:  # redis-py's hints join its answers with those of its asynchronous twin
    """Return the thread's client; raises RedisError while Valkey is let alone, or when it does not answer."""
    if time.monotonic() < _asleep_until:
        raise redis.ConnectionError("Valkey did not answer just now.")
    if getattr(_local, "epoch", None) != _epoch:
        try:
            _local.client, _local.epoch = _connected(), _epoch
        except redis.RedisError:
            _sleep()
            raise
    return _local.client


def _connected() -> redis.Redis:
    """Return a client that has a connection; raises RedisError."""
    # One more try at once when the connection was lost, as it is after a restart of Valkey. Not after a wait in vain:
    # the script may have run, and would charge the request twice.
    retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    return redis.Redis.from_url(
        settings.CACHE_URL,
        socket_timeout=_PATIENCE,
        socket_connect_timeout=_PATIENCE,
        retry=retry,
        single_connection_client=True,
    )


def _charged(names: list[str], costs: list[tuple[float, int]]) -> list[tuple[float, float]]:
    """Run the script; raises RedisError."""
    client = _client()
    given = [*names, *(str(number) for cost in costs for number in cost)]
    try:
        answer = client.execute_command("EVALSHA", _DIGEST, len(names), *given)
    except redis.exceptions.NoScriptError:
        answer = client.execute_command("EVAL", _SCRIPT, len(names), *given)
    except redis.RedisError:
        _sleep()
        raise
    return [(float(wait), float(ahead)) for wait, ahead in (each.split() for each in answer)]


def _sleep() -> None:
    """Let Valkey alone for a moment, so that its absence costs one request a second its patience, not every one."""
    global _asleep_until  # noqa: PLW0603 (one pool for the process)
    _asleep_until = time.monotonic() + _PAUSE
