"""Dead events of the outbox and of the inbox are listed, shown, replayed and discarded by one command."""

import uuid
from datetime import UTC, datetime

import orjson
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from kombu import Connection

from conftest import Greeted
from shared.events import outbox, outgoing, relay, topology
from shared.events.models import FailedEvent, OutboxEvent
from shared.events.publisher import Publisher

pytestmark = pytest.mark.django_db(transaction=True)

DIED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def refused():
    """An event that the broker refused to the end."""
    with transaction.atomic():
        (event_id,) = outbox.append(Greeted(guest_id=uuid.uuid4(), word="nobody listens"))
    row = OutboxEvent.objects.get(event_id=event_id)
    for _ in range(outgoing.MOST_REFUSALS):
        outgoing.mark_refused({row.id: "unroutable"})
    OutboxEvent.objects.update(dead_at=DIED_AT)
    return event_id


@pytest.fixture
def failed():
    """An event whose handler failed to the end."""
    event_id = uuid.uuid4()
    values = {"type": "shared.greeted.v1", "envelope": {"id": str(event_id)}, "attempts": 8, "error": "KeyError: no"}
    FailedEvent.objects.create(event_id=event_id, dead_at=DIED_AT, **values)
    return event_id


def dead_letters(capsys, *arguments):
    call_command("dead_letters", *map(str, arguments))
    return capsys.readouterr().out


def test_the_list_says_where_each_died(refused, failed, capsys):
    assert dead_letters(capsys, "list").splitlines() == [
        f"outbox  {refused}  2026-01-02T03:04:05Z  shared.greeted.v1  attempts=8  unroutable",
        f"inbox   {failed}  2026-01-02T03:04:05Z  shared.greeted.v1  attempts=8  KeyError: no",
    ]


def test_what_would_have_been_sent_is_shown(refused, capsys):
    first, _, shown = dead_letters(capsys, "show", refused).partition("\n")

    assert first == f"outbox: shared.greeted.v1 {refused}: unroutable"
    envelope = orjson.loads(shown)
    assert (envelope["id"], envelope["data"]["word"]) == (str(refused), "nobody listens")


def test_an_event_that_died_in_both_places_is_shown_twice(refused, capsys):
    values = {"type": "shared.greeted.v1", "envelope": {"arrived": True}, "attempts": 8, "error": "KeyError: no"}
    FailedEvent.objects.create(event_id=refused, dead_at=DIED_AT, **values)

    said = dead_letters(capsys, "show", refused)

    assert "outbox: shared.greeted.v1" in said
    assert '"arrived": true' in said


@pytest.mark.parametrize("arguments", [("--all",), ("--type", "shared.greeted.v1")])
def test_a_replay_makes_both_due_at_once(refused, failed, capsys, arguments):
    assert "2 events will be tried again" in dead_letters(capsys, "replay", *arguments)

    (row,) = outgoing.unsent(limit=10)
    assert row["event_id"] == str(refused)
    assert list(OutboxEvent.objects.values_list("refusals", "dead_at", "last_error")) == [(0, None, "")]
    assert list(FailedEvent.objects.values_list("attempts", "dead_at")) == [(1, None)]
    assert dead_letters(capsys, "list") == ""


def test_only_the_chosen_are_replayed(refused, failed, capsys):
    assert "1 events will be tried again" in dead_letters(capsys, "replay", refused)
    assert "0 events will be tried again" in dead_letters(capsys, "replay", "--type", "shared.other.v1")

    assert OutboxEvent.objects.get().dead_at is None
    assert FailedEvent.objects.get().dead_at == DIED_AT


def test_the_discarded_are_gone_and_the_living_are_not(refused, failed, capsys):
    with transaction.atomic():
        (living,) = outbox.append(Greeted(guest_id=uuid.uuid4()))

    assert "2 events discarded" in dead_letters(capsys, "discard", refused, failed, living)

    assert [row.event_id for row in OutboxEvent.objects.all()] == [living]
    assert not FailedEvent.objects.exists()


def test_without_a_choice_nothing_is_replayed(refused):
    with pytest.raises(CommandError, match="Say which"):
        call_command("dead_letters", "replay")

    assert OutboxEvent.objects.get().dead_at == DIED_AT


def test_a_living_event_is_not_shown():
    with transaction.atomic():
        (living,) = outbox.append(Greeted(guest_id=uuid.uuid4()))

    with pytest.raises(CommandError, match="no dead event with this id"):
        call_command("dead_letters", "show", str(living))


def test_a_replayed_event_reaches_a_queue_that_is_bound_meanwhile(refused, capsys, effects):
    topology.declare()
    publisher = Publisher(settings.BROKER_URL)
    with Connection(settings.BROKER_URL) as opened:
        queue = opened.channel()
        try:
            assert relay.publish_outbox(publisher) == 0

            dead_letters(capsys, "replay", refused)

            assert relay.publish_outbox(publisher) == 1
            assert queue.basic_get("shared.events").headers["id"] == str(refused)
        finally:
            publisher.drop()
            for name in ("shared.events", "shared.dead"):
                queue.queue_delete(name)
