"""Buckets that nobody else has, and requests of clients that are new."""

import uuid

from django.test import Client

from shared.http.throttles.buckets import Bucket, take
from shared.http.throttles.rates import Rate


def bucket(rate, key=None, policy="test"):
    return Bucket(policy=policy, key=key or str(uuid.uuid4()), rate=Rate.parse(rate))


def waits(*taken):
    return [level.wait for level in take(taken)]


def anonymous(client, path="/api/v2/open/", **headers):
    return Client().get(path, headers={"X-Forwarded-For": client, **headers})


def unique():
    return f"client-{uuid.uuid4()}"


def charged_to_all_or_to_none():
    """Take a request's buckets twice, of which one holds a single request."""
    wide, narrow = bucket("5/h"), bucket("1/h")
    assert waits(wide, narrow) == [0, 0]

    refused = take([wide, narrow])

    assert [level.wait > 0 for level in refused] == [False, True]
    assert [level.remaining for level in refused] == [4, 0]
    assert take([wide])[0].remaining == 3
