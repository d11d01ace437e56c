"""The consumer task: whatever happens to an event, its message is acknowledged only when the database knows."""

import uuid

import pytest
from celery import Celery
from celery.exceptions import Reject
from django.core.management import CommandError, call_command
from django.db import DataError
from kombu import Connection

from conftest import Greeted
from shared.events import delivery, failures, task, topology
from shared.events.models import FailedEvent
from shared.testing import events

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def deliver():
    """The task as a worker calls it; Celery wants one task of a name in a process."""
    app = Celery("test", set_as_current=False)
    task.register(app)
    return app.tasks[task.TASK]


def greeting():
    return events.enveloped(Greeted(guest_id=uuid.uuid4(), word="hello"))


def test_an_event_is_handled_with_its_attempt(deliver, effects):
    deliver(greeting(), attempt=2)

    assert effects == ["hello 3"]


@pytest.mark.parametrize("arguments", [[], ["text"], [{"id": 1}, "more"]])
def test_a_message_that_is_no_event_is_kept_and_acknowledged(deliver, effects, arguments):
    deliver(*arguments, attempt="many", surprise=True)

    assert failures.counts() == {"retrying": 0, "dead": 1}
    assert effects == []


@pytest.mark.parametrize(("losses", "outcome"), [(2, []), ("many", []), (3, ["retried"])])
def test_the_brokers_count_of_lost_workers_is_heeded(deliver, effects, losses, outcome):
    deliver.push_request(**{"x-delivery-count": losses})
    deliver.run(greeting())
    deliver.pop_request()

    assert effects == ([] if outcome else ["hello 1"])
    assert failures.counts()["retrying"] == len(outcome)


def test_a_message_goes_back_while_the_database_is_away(deliver, effects, monkeypatch):
    def away(*_, **__):
        raise delivery.DatabaseAway("for ten minutes")

    monkeypatch.setattr(delivery, "deliver", away)

    with pytest.raises(Reject) as refused:
        deliver(greeting())
    assert refused.value.requeue is True


def test_a_message_that_could_not_even_be_recorded_is_dead_lettered(deliver, effects, monkeypatch, caplog):
    def cannot_record(**_):
        raise DataError("not storable")

    effects.before = lambda _: {}["missing"]
    monkeypatch.setattr(failures, "record", cannot_record)

    with pytest.raises(Reject) as refused:
        deliver(greeting())
    assert refused.value.requeue is False
    assert "event_not_recorded" in caplog.text
    assert FailedEvent.objects.count() == 0


def test_the_queues_are_declared_by_a_command(effects, settings, capsys):
    call_command("declare_queues")

    assert "shared.events is bound to " in capsys.readouterr().out
    with Connection(settings.BROKER_URL) as broker:
        channel = broker.channel()
        assert channel.queue_declare("shared.events", passive=True).message_count == 0
        for name in ("shared.events", "shared.dead"):
            channel.queue_delete(name)


def test_the_command_says_when_the_broker_is_away(monkeypatch):
    def away():
        raise ConnectionRefusedError

    monkeypatch.setattr(topology, "declare", away)

    with pytest.raises(CommandError, match="RabbitMQ could not be reached"):
        call_command("declare_queues")
