"""The stored answers of idempotent requests, by user and key; who writes one holds the key's lock.

By hand, like all that every order passes through: the ORM takes several times as long to say it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import orjson
from django.db.models.functions import Now

from shared.db import prepared
from shared.http.models import IdempotencyKey

LIFETIME = timedelta(hours=24)

_FIND = """
SELECT request_hash, status, headers, body FROM http_idempotency
 WHERE user_id = %s AND key = %s AND created_at > now() - make_interval(secs => %s)
"""
# What is in the way has outlived its time, or it would have been found.
_STORE = """
INSERT INTO http_idempotency (user_id, key, request_hash, status, headers, body)
VALUES (%s, %s, %s, %s, %s::jsonb, %s)
    ON CONFLICT (user_id, key) DO UPDATE
   SET (request_hash, status, headers, body, created_at)
     = (excluded.request_hash, excluded.status, excluded.headers, excluded.body, now())
"""
_REPLACE = "UPDATE http_idempotency SET status = %s, headers = %s::jsonb, body = %s WHERE user_id = %s AND key = %s"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An HTTP answer as it is kept: status, the headers that matter, the body as it was sent or encrypted."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def find(*, user_id: UUID, key: str) -> tuple[bytes, Answer] | None:
    """Return the hash of a key's request and its answer; one that has outlived its 24 hours is gone."""
    found = prepared.rows(_FIND, [user_id, key, LIFETIME.total_seconds()])
    if not found:
        return None
    request_hash, status, headers, body = found[0]
    return bytes(request_hash), Answer(status=status, headers=orjson.loads(headers), body=bytes(body))


def store(answer: Answer, *, user_id: UUID, key: str, request_hash: bytes) -> None:
    """Keep the answer to a key's request."""
    headers = orjson.dumps(answer.headers).decode()
    prepared.execute(_STORE, [user_id, key, request_hash, answer.status, headers, answer.body])


def replace(answer: Answer, *, user_id: UUID, key: str) -> None:
    """Keep another answer for a key, if it is still known."""
    headers = orjson.dumps(answer.headers).decode()
    prepared.execute(_REPLACE, [answer.status, headers, answer.body, user_id, key])


def forget(*, user_id: UUID) -> None:
    """Delete every stored answer to a user: their bodies show what the user has asked to be erased."""
    IdempotencyKey.objects.filter(user_id=user_id).delete()


def purge(*, batch: int = 1000) -> int:
    """Delete keys that have outlived their 24 hours, in batches; returns how many."""
    old = IdempotencyKey.objects.filter(created_at__lt=Now() - LIFETIME)
    total = 0
    while ids := list(old.values_list("id", flat=True)[:batch]):
        total += IdempotencyKey.objects.filter(id__in=ids).delete()[0]
    return total
