"""Rate limits shared by all processes: one atomic script in Valkey; without Valkey requests pass, and are counted.

GCRA (generic cell rate algorithm): a key's theoretical arrival time moves by one interval per request and may run
ahead of the clock by the burst.
"""

import re
from dataclasses import dataclass

import redis
from django.conf import settings

from shared import metrics

_SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1e6
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local early = arrival + interval - now - interval * burst
if early > 1e-6 then return tostring(early) end
redis.call('SET', KEYS[1], tostring(arrival + interval), 'PX', math.ceil((arrival + interval - now) * 1000) + 1)
return '0'
"""
_PERIODS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_RATE = re.compile(r"(\d+)/(s|min|h|d)\Z")
_PATIENCE = 0.1  # seconds


@dataclass(frozen=True)
class Rate:
    """So many requests in so many seconds."""

    count: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Return the rate in a text like "5/min"; raises ValueError."""
        found = _RATE.match(text)
        if not found or int(found[1]) == 0:
            raise ValueError(f"{text!r} is no rate; write for example 5/min (s, min, h or d)")
        return cls(int(found[1]), _PERIODS[found[2]])


_pool: redis.Redis | None = None


def _client() -> redis.Redis:
    """Return the process's client, whose pool is shared by its threads."""
    global _pool  # noqa: PLW0603 (one pool for the process)
    if _pool is None:
        _pool = redis.Redis.from_url(settings.CACHE_URL, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
    return _pool


def seconds_to_wait(key: str, rate: Rate) -> float:
    """Count one request against a key's rate and return 0, or the seconds after which one will pass.

    Args:
        key: who is limited at what; must hold no personal data.
        rate: the limit.
    """
    try:
        name = f"{settings.SERVICE}:rate:{key}"
        answer = _client().eval(_SCRIPT, 1, name, rate.seconds / rate.count, rate.count)
        return float(answer)
    except redis.RedisError:
        metrics.THROTTLE_FAULTS.inc()
        return 0.0
