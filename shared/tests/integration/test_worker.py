"""A real Celery worker on a real broker: killed in the middle of a handler, it loses nothing and does nothing twice."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import greeter
import pytest
import servers
from django.conf import settings
from django.db import transaction
from kombu import Connection, Producer

from shared.events import failures, outbox, relay, topology
from shared.events.models import FailedEvent, InboxEvent, OutboxEvent
from shared.events.publisher import Publisher
from shared.testing import waiting

pytestmark = pytest.mark.django_db(transaction=True)

TESTS = Path(__file__).parents[1]
QUEUES = ("shared.events", "shared.dead")


def start_worker():
    db = settings.DATABASES["default"]
    name = db["NAME"].removesuffix("_test") + "_test"
    database = f"postgresql://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{name}"
    return subprocess.Popen(
        [sys.executable, "-m", "shared.celery", "worker", "greeter_app"],
        cwd=TESTS,
        env={**os.environ, "DATABASE_URL": database, "PYTHONPATH": str(TESTS), "TEST_HANDLERS": "greeter"},
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def channel():
    topology.declare()
    with Connection(settings.BROKER_URL) as opened:
        channel = opened.channel()
        yield channel
        for name in QUEUES:
            channel.queue_delete(name)


@pytest.fixture
def broker(channel):
    """The queues, empty."""
    for name in QUEUES:
        channel.queue_purge(name)
    return channel


@pytest.fixture(scope="module")
def worker(channel, django_db_setup):
    process = start_worker()
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def hold(tmp_path):
    """A file: as long as it is there, handlers that are told of it go on."""
    file = tmp_path / "hold"
    file.touch()
    return file


def ask(count=1, **values):
    with transaction.atomic():
        ids = outbox.append(*(greeter.Asked(guest_id=uuid.uuid4(), **values) for _ in range(count)))
    publisher = Publisher(settings.BROKER_URL)
    assert relay.publish_outbox(publisher) == count
    publisher.drop()
    return ids


def effects():
    return OutboxEvent.objects.filter(type=greeter.Echoed.TYPE).count()


def handled(ids):
    return InboxEvent.objects.filter(event_id__in=ids).count() == len(ids)


def test_a_worker_killed_with_events_in_hand_loses_none(broker, hold):
    first = start_worker()
    ids = ask(count=2) + ask(count=8, hold=str(hold))
    servers.eventually(lambda: InboxEvent.objects.filter(event_id__in=ids).exists())
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert not handled(ids)
    hold.unlink()

    second = start_worker()
    try:
        servers.eventually(lambda: handled(ids))
    finally:
        os.killpg(second.pid, signal.SIGKILL)
        second.wait()
    assert effects() == 10


def test_a_worker_told_to_stop_finishes_what_it_has(broker, hold):
    process = start_worker()
    ids = ask(count=2, hold=str(hold))
    servers.eventually(lambda: servers.handling() == 2)

    process.send_signal(signal.SIGTERM)
    time.sleep(1)  # in which it hears of that
    assert process.poll() is None
    hold.unlink()

    assert process.wait(timeout=waiting.PATIENCE) == 0
    assert handled(ids)
    assert effects() == 2


def test_events_reach_their_handler(worker, broker):
    ids = ask(count=20)

    servers.eventually(lambda: handled(ids))
    assert effects() == 20


def test_a_child_killed_in_mid_handler_leaves_no_effect_and_the_event_is_handled_again(worker, broker, tmp_path):
    ids = ask(deaths=str(tmp_path / "died"))

    servers.eventually(lambda: handled(ids))
    assert (tmp_path / "died").exists()
    assert effects() == 1


def test_events_that_always_kill_their_worker_pause_and_leave_it_to_the_others(worker, broker):
    killers, innocent = ask(2, deaths=greeter.ALWAYS), ask(4)

    servers.eventually(lambda: handled(innocent))
    servers.eventually(lambda: FailedEvent.objects.filter(event_id__in=killers, dead_at=None, attempts=1).count() == 2)
    assert effects() == 4
    assert broker.queue_declare("shared.events", passive=True).message_count == 0


@pytest.mark.parametrize("body", [b"{no json", b"[[], {}, {}]"])
def test_a_message_that_no_task_understands_is_kept_as_a_dead_letter(worker, broker, body):
    headers = {"task": "plaza.deliver", "id": str(uuid.uuid4()), "lang": "py"}
    Producer(broker).publish(
        body,
        exchange=topology.EVENTS.name,
        routing_key=topology.retry_key("shared"),
        content_type="application/json",
        content_encoding="utf-8",
        headers=headers,
    )
    publisher = Publisher(settings.BROKER_URL)

    servers.eventually(lambda: relay.collect_dead(publisher) or FailedEvent.objects.exists())

    assert failures.counts() == {"retrying": 0, "dead": 1}
    publisher.drop()


def test_a_task_of_another_name_cannot_be_called(worker, broker):
    Producer(broker).publish(
        b"[[1], {}, {}]",
        exchange=topology.EVENTS.name,
        routing_key=topology.retry_key("shared"),
        content_type="application/json",
        content_encoding="utf-8",
        headers={"task": "celery.backend_cleanup2", "id": str(uuid.uuid4()), "lang": "py"},
    )
    publisher = Publisher(settings.BROKER_URL)

    servers.eventually(lambda: relay.collect_dead(publisher))

    assert FailedEvent.objects.get().error == "dead-lettered by the broker: rejected"
    publisher.drop()
