"""The second level: answers in Valkey, made once for all processes. It may fail in any way, and no answer gets wrong.

The key names the generation, so that what is found is never older than what PostgreSQL said, and the value says until
when it serves on PostgreSQL's clock: Valkey's own time may stand still. A lease lets one process make an answer while
others look again.
"""

import hashlib
import time

import orjson
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared import metrics
from shared.http.ready.answers import Answer
from shared.http.ready.generation import Present

_PATIENCE = 0.03  # seconds for one answer of Valkey
_PAUSE = 1.0  # seconds without asking it again after it did not answer
_LEASE_MS = 300  # in which an answer should be made
_LOOKS, _BETWEEN = 10, 0.01  # at what another makes, and the seconds between two

_client: redis.Redis | None = None
_asleep_until = float("-inf")


def find(key: str, present: Present) -> Answer | None:
    """Return what some process has made; waits a little for one that is making it.

    Args:
        key: what is asked.
        present: the generation.

    Returns:
        The answer; None when the caller is to make it.
    """
    name = _name(key, present)
    try:
        for _ in range(_LOOKS):
            stored = _connected().get(name)
            answer = _read(stored, present) if isinstance(stored, bytes) else None
            if answer is not None or _connected().set(f"{name}:lease", 1, nx=True, px=_LEASE_MS):
                return answer
            time.sleep(_BETWEEN)
    except (redis.RedisError, ValueError):
        _sleep()
    return None


def keep(key: str, answer: Answer, present: Present) -> None:
    """Give an answer to the other processes, for the time it has.

    Args:
        key: what was asked.
        answer: what was made.
        present: the generation it was made in.
    """
    seconds = answer.until - present.asked_at
    facts = [present.clock + seconds, answer.route, answer.media_type, answer.tag, answer.headers]
    try:
        _connected().set(_name(key, present), orjson.dumps(facts) + b"\n" + answer.body, px=max(int(seconds * 1000), 1))
    except redis.RedisError:
        _sleep()


def release(key: str, present: Present) -> None:
    """Let another make the answer; this process has found that there is none to keep."""
    try:
        _connected().delete(f"{_name(key, present)}:lease")
    except redis.RedisError:
        _sleep()


def forget_connection() -> None:
    """Connect anew at the next use; for tests."""
    global _client, _asleep_until
    _client, _asleep_until = None, float("-inf")


def _read(stored: bytes, present: Present) -> Answer | None:
    """Return a stored answer, if it has time left; raises ValueError."""
    facts, _, body = stored.partition(b"\n")
    until, route, media_type, tag, headers = orjson.loads(facts)
    answer = Answer(
        generation=present.generation,
        until=present.asked_at + until - present.clock,
        route=route,
        headers=[(name, value) for name, value in headers],
        media_type=media_type,
        tag=tag,
        body=body,
    )
    return answer if answer.holds(present.generation, time.monotonic()) else None


def _name(key: str, present: Present) -> str:
    """Return the key's name in Valkey."""
    digest = hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
    return f"{settings.SERVICE}:ready:{present.generation}:{digest}"


def _connected() -> redis.Redis:
    """Return the process's client, whose pool is shared by its threads; raises RedisError while Valkey is let alone."""
    global _client  # noqa: PLW0603 (one client for the process)
    if time.monotonic() < _asleep_until:
        raise redis.ConnectionError("Valkey did not answer just now.")
    if _client is None:
        # Once more at once when the connection was lost: after a restart of Valkey all of the pool are stale.
        retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
        _client = redis.Redis.from_url(
            settings.CACHE_URL, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE, retry=retry
        )
    return _client


def _sleep() -> None:
    """Let Valkey alone for a moment, so that its absence costs one request a second its patience, not every one."""
    global _asleep_until  # noqa: PLW0603 (one client for the process)
    if time.monotonic() >= _asleep_until:
        metrics.CACHE_REQUESTS.labels("fault").inc()
        _asleep_until = time.monotonic() + _PAUSE
