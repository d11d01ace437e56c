"""An event is handled once in effect, never lost, and one that cannot be handled waits for a person."""

import logging
import uuid

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, OperationalError, connection
from kombu import Producer

from conftest import Greeted
from shared.events import dead_letters, delivery, failures, outbox, registry, relay, retries, topology
from shared.events.models import FailedEvent, InboxEvent
from shared.events.publisher import Publisher
from shared.testing import events, waiting
from shared.testing.race import together

pytestmark = pytest.mark.django_db(transaction=True)


def greeting(word="hello"):
    return Greeted(guest_id=uuid.uuid4(), word=word)


def test_an_event_is_handled_and_remembered(effects):
    assert events.deliver(greeting()) == "handled"

    assert effects == ["hello 1"]
    assert InboxEvent.objects.get().type == "shared.greeted.v1"


def test_a_duplicate_has_no_second_effect(effects):
    event, event_id = greeting(), uuid.uuid4()
    events.deliver(event, event_id)

    assert events.deliver(event, event_id) == "duplicate"
    assert effects == ["hello 1"]


def test_of_many_deliveries_at_once_one_has_an_effect(effects):
    raw = events.enveloped(greeting())

    outcomes = together(10, lambda _: delivery.deliver(raw))

    assert sorted(outcomes) == ["duplicate"] * 9 + ["handled"]
    assert effects == ["hello 1"]


def test_what_a_failing_handler_did_is_rolled_back_and_tried_again(effects, caplog):
    event, event_id = greeting(), uuid.uuid4()

    def write_and_fail(_):
        outbox.append(greeting("from the handler"))
        raise LookupError("not yet")

    effects.before = write_and_fail

    assert events.deliver(event, event_id) == "retried"
    assert (effects, events.outbox(), InboxEvent.objects.count()) == ([], [], 0)
    failed = FailedEvent.objects.get()
    assert (failed.event_id, failed.attempts, failed.error, failed.dead_at) == (
        event_id,
        1,
        "LookupError: not yet",
        None,
    )
    assert "event_failed" in caplog.text

    effects.before = lambda _: None
    assert delivery.deliver(failed.envelope, attempt=1) == "handled"
    assert effects == ["hello 2"]
    assert FailedEvent.objects.count() == 0


def test_the_eighth_failure_is_the_last(effects):
    event, event_id = greeting(), uuid.uuid4()
    effects.before = lambda _: {}["missing"]

    outcomes = [events.deliver(event, event_id) for _ in range(retries.DEFAULT.attempts)]

    assert outcomes == ["retried"] * 7 + ["dead"]
    assert failures.counts() == {"retrying": 0, "dead": 1}
    assert effects == []


def test_retries_are_due_after_growing_pauses(effects):
    event, event_id = greeting(), uuid.uuid4()
    effects.before = lambda _: {}["missing"]
    longest = []
    for _ in range(4):
        events.deliver(event, event_id)
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM next_attempt_at - failed_at) FROM events_failed")
            longest.append(float(cursor.fetchone()[0]))

    assert all(0 <= pause <= 2**attempt for attempt, pause in enumerate(longest))


def test_a_handler_has_the_retries_that_it_was_registered_with(effects):
    registry._retries[Greeted.TYPE] = retries.Retries(most=3, base=60, longest=200, jitter=False)
    event, event_id = greeting(), uuid.uuid4()
    effects.before = lambda _: {}["missing"]

    seen = []
    for _ in range(4):
        outcome = events.deliver(event, event_id)
        failed = FailedEvent.objects.get()
        seen.append((outcome, (failed.next_attempt_at - failed.failed_at).total_seconds(), failed.dead_at is None))

    assert seen[:3] == [("retried", 60, True), ("retried", 120, True), ("retried", 200, True)]
    assert (seen[3][0], seen[3][2]) == ("dead", False)


def test_a_deadlock_is_tried_again_at_once(effects):
    faults = [OperationalError("deadlock detected")]
    faults[0].__cause__ = type("DeadlockDetected", (Exception,), {"sqlstate": "40P01"})()

    def fail_once(_):
        if faults:
            raise faults.pop()

    effects.before = fail_once

    assert events.deliver(greeting()) == "handled"
    assert effects == ["hello 1"]


def test_a_database_that_is_away_is_waited_for(effects, monkeypatch):
    monkeypatch.setattr(delivery.time, "sleep", lambda _: None)
    tries = []

    def fail_twice(_):
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("the connection is closed")

    effects.before = fail_twice

    assert events.deliver(greeting()) == "handled"
    assert FailedEvent.objects.count() == 0


def test_a_database_that_stays_away_sends_the_event_back(effects, monkeypatch):
    monkeypatch.setattr(delivery, "_LONGEST_OUTAGE", -1.0)

    def fail(_):
        raise OperationalError("the connection is closed")

    effects.before = fail

    with pytest.raises(delivery.DatabaseAway):
        events.deliver(greeting())
    assert FailedEvent.objects.count() == 0


def test_a_broken_rule_of_the_database_is_a_failure_and_no_outage(effects):
    def fail(_):
        raise IntegrityError("duplicate key")

    effects.before = fail

    assert events.deliver(greeting()) == "retried"


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "text",
        {},
        {"id": "no uuid"},
        {"specversion": "2.0"},
    ],
)
def test_what_is_no_event_is_dead_at_once(effects, raw):
    assert delivery.deliver(raw) == "dead"
    assert delivery.deliver(raw) == "dead"

    assert FailedEvent.objects.get().type == "unknown"


def test_an_unknown_type_and_wrong_data_are_dead_without_the_values(effects):
    unknown = {**events.enveloped(greeting()), "type": "shared.greeted.v9"}
    wrong = events.enveloped(greeting())
    wrong["data"]["guest_id"] = "secret-value"

    assert [delivery.deliver(raw) for raw in (unknown, wrong)] == ["dead", "dead"]

    texts = set(FailedEvent.objects.values_list("error", flat=True))
    assert "This service has no handler for 'shared.greeted.v9'." in texts
    assert not any("secret-value" in text for text in texts)
    assert effects == []


def test_a_nul_character_does_not_keep_a_dead_event_from_being_kept(effects):
    raw = {**events.enveloped(greeting("a\0b")), "type": "x\0y", "note": "a \\u0000 b"}

    assert delivery.deliver(raw) == "dead"

    kept = FailedEvent.objects.get()
    assert kept.envelope["data"]["word"] == "a\ufffdb"
    assert kept.envelope["note"] == "a \\u0000 b"
    assert kept.type == "x\ufffdy"


def test_dead_events_are_listed_shown_replayed_and_discarded(effects, capsys):
    effects.before = lambda _: {}["missing"]
    event, event_id, other = greeting(), uuid.uuid4(), uuid.uuid4()
    for _ in range(retries.DEFAULT.attempts):
        events.deliver(event, event_id)
        events.deliver(event, other)

    call_command("dead_letters", "list")
    assert f"{event_id}" in capsys.readouterr().out
    call_command("dead_letters", "show", str(event_id))
    assert '"word": "hello"' in capsys.readouterr().out
    with pytest.raises(CommandError, match="Say which"):
        call_command("dead_letters", "replay")
    with pytest.raises(CommandError, match="There is no dead event"):
        call_command("dead_letters", "show", str(uuid.uuid4()))
    call_command("dead_letters", "discard", str(other))
    assert "1 events discarded" in capsys.readouterr().out
    call_command("dead_letters", "replay", "--type", "shared.greeted.v1")
    assert "1 events will be tried again" in capsys.readouterr().out

    (due,) = failures.claim_due(limit=10)
    assert (due.event_id, due.attempts, due.envelope["id"]) == (event_id, 1, str(event_id))
    assert failures.claim_due(limit=10) == []


def test_an_event_whose_workers_were_lost_three_times_is_not_handled_but_pauses(effects):
    raw = events.enveloped(greeting())

    assert delivery.deliver(raw, losses=3) == "retried"

    assert effects == []
    assert failures.counts() == {"retrying": 1, "dead": 0}
    assert FailedEvent.objects.get().error == "WorkerLost: 3 workers took it and did not come back."
    assert delivery.deliver(raw, attempt=1, losses=2) == "handled"
    assert failures.counts() == {"retrying": 0, "dead": 0}


def test_a_due_retry_goes_back_to_the_services_own_queue_once(channel, effects):
    effects.before = lambda _: {}["missing"]
    events.deliver(greeting(), uuid.uuid4())
    FailedEvent.objects.update(next_attempt_at="2020-01-01T00:00:00Z")
    publisher = Publisher(settings.BROKER_URL)

    assert relay.publish_retries(publisher) == 1
    assert relay.publish_retries(publisher) == 0

    message = channel.basic_get("shared.events", no_ack=True)
    assert '"attempt":1' in message.body
    publisher.drop()


@pytest.mark.parametrize(("reason", "attempts_left"), [("rejected", 0), ("delivery_limit", 1)])
def test_what_the_broker_dead_lettered_comes_home(channel, effects, reason, attempts_left):
    raw = events.enveloped(greeting())

    dead_letters.record(body=[[raw], {"attempt": 0}, {}], reason=reason)

    assert failures.counts() == {"retrying": attempts_left, "dead": 1 - attempts_left}
    assert str(FailedEvent.objects.get().event_id) == raw["id"]


def test_a_tick_that_expired_while_the_worker_was_away_is_no_dead_event(channel, effects):
    dead_letters.record(body=[[], {}, {"chain": None}], reason="expired")

    assert failures.counts() == {"retrying": 0, "dead": 0}


def test_the_relay_collects_the_dead_letter_queue(channel, caplog):
    with caplog.at_level(logging.ERROR):
        Producer(channel).publish(
            b"{no json", exchange=topology.DEAD.name, routing_key="shared", content_type="application/json"
        )
    publisher = Publisher(settings.BROKER_URL)

    assert waiting.eventually(lambda: relay.collect_dead(publisher)) == 1
    assert FailedEvent.objects.get().envelope == "{no json"
    publisher.drop()
