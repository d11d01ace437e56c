"""The relay inside catalog, and plain publishing of the same messages by py-amqp: one by one, and pipelined."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import amqp
from django.conf import settings
from django.db import connection

from shared.db.models import uuid7
from shared.events import frames, outgoing, relay, topology
from shared.events.publisher import Publisher

_BATCH = 500
_TYPE = "orders.order_placed.v1"  # catalog's own queue is bound to it
_FILL = """
INSERT INTO events_outbox (event_id, type, subject, data, traceparent, request_id)
SELECT gen_random_uuid(), %s, gen_random_uuid(),
       jsonb_build_object('order_id', gen_random_uuid(), 'user_id', gen_random_uuid(), 'lines',
           (SELECT jsonb_agg(jsonb_build_object('product_id', gen_random_uuid(), 'quantity', line))
              FROM generate_series(1, 3) AS line)),
       '00-cf9b25973a4a04d2f412015d42bc9e0e-a381be3e97f35405-00', '01a2050e-2b31-760c-ad72-be70d1249317'
  FROM generate_series(1, %s)
"""


def filled(*, count: int) -> None:
    """Have so many unsent events, and empty queues."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE events_outbox")
        cursor.execute(_FILL, [_TYPE, count])
        cursor.execute("VACUUM (ANALYZE) events_outbox")
    channel = _channel()
    channel.queue_purge(topology.events_queue("catalog").name)
    channel.connection.close()


def run(*, kind: str) -> dict[str, float]:
    """Publish all that is unsent; returns count, seconds, and CPU seconds of this process."""
    publish = {"relay": _relay, "one by one": _one_by_one, "pipelined": _pipelined}[kind]()
    before, begun = time.process_time(), time.monotonic()
    count = publish()
    return {"count": count, "seconds": time.monotonic() - begun, "cpu": time.process_time() - before}


def _relay() -> Callable[[], int]:
    """Return what the relay's loop does until nothing is left."""
    publisher = Publisher(settings.BROKER_URL)
    publisher.beat()
    sender = relay.Sender(publisher)

    def publish() -> int:
        count = 0
        while moved := sender.publish():
            count += moved
        publisher.drop()
        return count

    return publish


def _one_by_one() -> Callable[[], int]:
    """Return what waits for the confirm of each message."""
    messages, channel = _messages(limit=_BATCH), _channel(confirm_publish=True)

    def publish() -> int:
        for message, key in messages:
            channel.basic_publish_confirm(message, exchange=topology.EVENTS.name, routing_key=key, mandatory=True)
        channel.connection.close()
        return len(messages)

    return publish


def _pipelined() -> Callable[[], int]:
    """Return what waits for the confirms of each batch."""
    messages, pipeline = _messages(limit=100_000), Pipeline(_channel())

    def publish() -> int:
        for number, (message, key) in enumerate(messages, 1):
            pipeline.send(message, exchange=topology.EVENTS.name, key=key)
            if not number % _BATCH:
                pipeline.wait()
        pipeline.wait()
        pipeline.close()
        return len(messages)

    return publish


class Pipeline:
    """A channel on which confirms are waited for later.

    Args:
        channel: of a connection of its own.
    """

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._sent = 0
        self._waiting: set[int] = set()

    def send(self, message: Any, *, exchange: str, key: str) -> None:
        """Write a message to the socket."""
        self._sent += 1
        self._waiting.add(self._sent)
        self._channel.basic_publish(message, exchange=exchange, routing_key=key, mandatory=True)

    def wait(self) -> None:
        """Wait until everything is confirmed; raises TimeoutError."""
        while self._waiting:
            self._channel.connection.drain_events(timeout=30)

    def close(self) -> None:
        """Close the connection."""
        self._channel.connection.close()

    def _on_ack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 (amqp's signature)
        settled = [each for each in self._waiting if each <= tag] if multiple else [tag]
        self._waiting.difference_update(settled)


def _messages(*, limit: int) -> list[tuple[Any, str]]:
    """Return the unsent events as messages with their routing keys, as the relay makes them."""
    rows = outgoing.unsent(limit=limit)
    return [
        (_amqp(made.body, frames.headers(made.id), made.id), made.routing_key) for made in map(outgoing.message, rows)
    ]


def _amqp(body: bytes, headers: dict[str, Any], identity: str) -> Any:
    return amqp.Message(
        body,
        content_type="application/json",
        content_encoding="utf-8",
        delivery_mode=2,
        message_id=identity,
        correlation_id=identity,
        application_headers=headers,
    )


def _channel(**options: Any) -> Any:
    """Open a connection and a channel."""
    url = urlsplit(settings.BROKER_URL)
    link = amqp.Connection(
        host=f"{url.hostname}:{url.port}",
        userid=unquote(url.username or ""),
        password=unquote(url.password or ""),
        virtual_host=unquote(url.path[1:]) or "/",
        **options,
    )
    link.connect()
    return link.channel()


def registrations(*, count: int, task: str, exchange: str, key: str) -> None:
    """Publish events that a user registered, for the named task, pipelined.

    Args:
        count: how many.
        task: Celery's name of it.
        exchange: "" is the default one.
        key: where they go.
    """
    pipeline = Pipeline(_channel())
    for _ in range(count):
        envelope = _registered(uuid7())
        made = outgoing.retry_message(envelope, envelope["id"], 0, key)
        message = _amqp(made.body, {**frames.headers(made.id), "task": task}, made.id)
        pipeline.send(message, exchange=exchange, key=key)
    pipeline.wait()
    pipeline.close()


def _registered(user_id: UUID) -> dict[str, Any]:
    """Return the envelope of a registration."""
    return {
        "specversion": "1.0",
        "id": uuid7(),
        "source": "/plaza/users",
        "type": "users.user_registered.v1",
        "subject": user_id,
        "time": "2026-01-01T00:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": "/events/users.user_registered.v1.json",
        "sequence": 1,
        "traceparent": "00-cf9b25973a4a04d2f412015d42bc9e0e-a381be3e97f35405-00",
        "requestid": "01a2050e-2b31-760c-ad72-be70d1249317",
        "data": {"user_id": user_id},
    }


def awaited() -> None:
    """Wait until the relay has sent everything; raises TimeoutError."""
    deadline = time.monotonic() + 300
    while outgoing.pending()[0]:
        if time.monotonic() > deadline:
            raise TimeoutError("the relay sends nothing")
        time.sleep(0.1)
