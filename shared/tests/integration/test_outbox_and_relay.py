"""An event is published if and only if its transaction committed; it counts as sent only when RabbitMQ confirmed it."""

import uuid

import orjson
import pytest
from django.conf import settings
from django.db import connection, transaction
from kombu import Connection, Queue

from conftest import Greeted
from shared.events import outbox, outgoing, relay, topology
from shared.events.envelope import MalformedEvent
from shared.events.models import OutboxEvent
from shared.events.publisher import BrokerAway, Publisher

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queue(effects):
    """The service's own queue, declared and empty."""
    topology.declare()
    with Connection(settings.BROKER_URL) as broker:
        channel = broker.channel()
        for name in ("shared.events", "shared.dead"):
            channel.queue_purge(name)
        yield lambda: [
            bytes(found.body, "utf8") if isinstance(found.body, str) else found.body for found in _take(channel)
        ]
        channel.queue_delete("shared.events")
        channel.queue_delete("shared.dead")


def _take(channel):
    while (message := channel.basic_get("shared.events", no_ack=True)) is not None:
        yield message


@pytest.fixture
def publisher():
    found = Publisher(settings.BROKER_URL)
    yield found
    found.drop()


def say(*words):
    with transaction.atomic():
        return outbox.append(*(Greeted(guest_id=uuid.uuid4(), word=word) for word in words))


def test_committed_events_arrive_in_order_in_their_envelopes(queue, publisher):
    ids = say("one", "two", "three")

    assert relay.publish_outbox(publisher) == 3

    envelopes = [orjson.loads(body)[0][0] for body in queue()]
    assert [each["data"]["word"] for each in envelopes] == ["one", "two", "three"]
    assert [each["id"] for each in envelopes] == [str(each) for each in ids]
    assert envelopes[0]["specversion"] == "1.0"
    assert envelopes[0]["type"] == "shared.greeted.v1"
    assert envelopes[0]["source"] == "/plaza/shared"
    assert envelopes[0]["sequence"] < envelopes[1]["sequence"] < envelopes[2]["sequence"]
    assert outgoing.pending() == (0, 0.0)


def test_an_event_of_a_rolled_back_transaction_is_never_published(queue, publisher):
    with transaction.atomic():
        outbox.append(Greeted(guest_id=uuid.uuid4()))
        transaction.set_rollback(True)

    assert relay.publish_outbox(publisher) == 0
    assert queue() == []


def test_an_event_outside_of_a_transaction_is_refused():
    with pytest.raises(outbox.OutsideTransaction):
        outbox.append(Greeted(guest_id=uuid.uuid4()))

    assert OutboxEvent.objects.count() == 0


def test_an_event_that_is_too_large_is_refused_where_it_is_written():
    with pytest.raises(MalformedEvent, match="at most 524288"), transaction.atomic():
        outbox.append(Greeted(guest_id=uuid.uuid4(), word="x" * 600_000))

    assert OutboxEvent.objects.count() == 0


def test_an_event_committed_late_with_a_lower_id_is_not_skipped(queue, publisher):
    say("first")
    say("second")
    late = OutboxEvent.objects.order_by("id").first()
    OutboxEvent.objects.filter(id=late.id).update(sent_at="2026-01-01T00:00:00Z")
    assert relay.publish_outbox(publisher) == 1
    OutboxEvent.objects.filter(id=late.id).update(sent_at=None)

    assert relay.publish_outbox(publisher) == 1
    assert [orjson.loads(body)[0][0]["data"]["word"] for body in queue()] == ["second", "first"]


def test_an_unroutable_event_is_not_sent_and_is_dead_after_eight_refusals(publisher):
    Queue("unused", topology.EVENTS, routing_key="unused")
    with Connection(settings.BROKER_URL) as broker:
        topology.EVENTS(broker.channel()).declare()
    say("nobody listens")

    for refusals in range(1, 9):
        assert relay.publish_outbox(publisher) == 0
        row = OutboxEvent.objects.get()
        assert (row.refusals, row.sent_at, row.dead_at is not None) == (refusals, None, refusals == 8)
        OutboxEvent.objects.update(next_attempt_at=None)

    assert "NO_ROUTE" in row.last_error


def test_a_refused_event_does_not_hold_up_the_others(queue, publisher, effects):
    say("good")
    OutboxEvent.objects.create(event_id=uuid.uuid4(), type="shared.unknown.v1", subject=uuid.uuid4(), data={})
    say("also good")

    assert relay.publish_outbox(publisher) == 2
    assert [orjson.loads(body)[0][0]["data"]["word"] for body in queue()] == ["good", "also good"]


def test_a_broker_that_is_away_loses_nothing(queue):
    say("patience")
    away = Publisher("amqp://guest:guest@127.0.0.1:1//")

    with pytest.raises(BrokerAway):
        relay.publish_outbox(away)

    assert outgoing.pending()[0] == 1


def test_a_large_batch_is_confirmed_whole(queue, publisher):
    say(*[str(number) for number in range(relay.BATCH + 50)])

    assert relay.publish_outbox(publisher) == relay.BATCH
    assert relay.publish_outbox(publisher) == 50
    assert len(queue()) == relay.BATCH + 50


def test_sent_events_are_purged_after_their_time_and_others_stay(queue, publisher):
    say("old", "new", "unsent")
    rows = list(OutboxEvent.objects.order_by("id"))
    OutboxEvent.objects.filter(id=rows[0].id).update(sent_at="2020-01-01T00:00:00Z")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_outbox SET sent_at = now() WHERE id = %s", [rows[1].id])

    assert outgoing.purge(older_than_days=7, batch=1) == 1
    assert [row.data["word"] for row in OutboxEvent.objects.order_by("id")] == ["new", "unsent"]
