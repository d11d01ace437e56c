"""A relay that dies after the broker has confirmed and before it has noted that publishes again, and loses nothing."""

import collections
import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from unittest import mock

import orjson
import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, ProgrammingError, connection, connections, transaction

from conftest import Greeted
from shared import metrics
from shared.db.locks import advisory_lock, lock_id
from shared.events import delivery, outbox, outgoing, relay
from shared.events.publisher import BrokerAway, Publisher
from shared.testing import waiting

pytestmark = pytest.mark.django_db(transaction=True)

TESTS = Path(__file__).parents[1]


@pytest.fixture
def publisher():
    found = Publisher(settings.BROKER_URL)
    yield found
    found.drop()


def say(count):
    with transaction.atomic():
        return outbox.append(*(Greeted(guest_id=uuid.uuid4(), word=str(number)) for number in range(count)))


def arrived(channel):
    """Take all messages out of the queue and return their envelopes."""
    found = []
    while (message := channel.basic_get("shared.events", no_ack=True)) is not None:
        found.append(orjson.loads(message.body)[0][0])
    return found


def database_url():
    told = connection.settings_dict
    return f"postgresql://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


def run_relay(stopping):
    try:
        relay.Relay(stopping=stopping, progress=lambda: None).run()
    finally:
        connections.close_all()


@contextlib.contextmanager
def running_relay():
    """Run a relay in a thread while the block runs."""
    stopping = threading.Event()
    thread = threading.Thread(target=run_relay, args=[stopping])
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(timeout=waiting.PATIENCE)
        assert not thread.is_alive()


def wait_until_sent():
    waiting.eventually(lambda: not outgoing.pending()[0])


def end_the_leaders_session():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 25000) FROM pg_locks"
            " WHERE locktype = 'advisory' AND objid = %s"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [lock_id("relay")],
        )
        return cursor.fetchall()


def fail(_):
    raise MemoryError("no room for one more")


def end_the_session():
    with psycopg.connect(database_url(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 25000)", [connection.connection.info.backend_pid])


def lose_the_database(_):
    end_the_session()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@pytest.mark.parametrize(("accident", "raises"), [(fail, MemoryError), (lose_the_database, OperationalError)])
def test_what_was_confirmed_and_not_noted_is_published_again(channel, publisher, effects, accident, raises):
    say(3)
    with mock.patch.object(outgoing, "mark_sent", accident), pytest.raises(raises):
        relay.publish_outbox(publisher)
    connection.close()
    assert outgoing.pending()[0] == 3

    assert relay.publish_outbox(publisher) == 3

    envelopes = arrived(channel)
    assert [each["data"]["word"] for each in envelopes] == ["0", "1", "2"] * 2
    assert [delivery.deliver(each) for each in envelopes] == ["handled"] * 3 + ["duplicate"] * 3
    assert effects == ["0 1", "1 1", "2 1"]
    assert outgoing.pending() == (0, 0.0)


def test_a_batch_is_marked_by_what_reads_the_next(channel, publisher, django_assert_num_queries):
    sender = relay.Sender(publisher)
    say(3)
    assert sender.publish() == 3
    assert outgoing.pending()[0] == 3

    say(2)
    with django_assert_num_queries(1):
        assert sender.publish() == 2

    assert outgoing.pending()[0] == 2
    assert [each["data"]["word"] for each in arrived(channel)] == ["0", "1", "2", "0", "1"]
    with django_assert_num_queries(1):
        assert sender.publish() == 0
    assert outgoing.pending() == (0, 0.0)


def test_a_batch_whose_mark_was_lost_with_the_connection_is_marked_by_the_next_look(channel, publisher):
    sender = relay.Sender(publisher)
    say(3)
    assert sender.publish() == 3

    end_the_session()
    with pytest.raises(OperationalError):
        sender.publish()
    connection.close()

    assert sender.publish() == 0
    assert outgoing.pending() == (0, 0.0)
    assert len(arrived(channel)) == 3


def test_a_relay_that_is_told_to_stop_marks_what_was_confirmed(channel):
    found = []
    say(3)
    with running_relay():
        waiting.eventually(lambda: found.extend(arrived(channel)) or len(found) == 3)

    assert outgoing.pending() == (0, 0.0)


def test_the_second_relay_takes_over_from_one_that_is_killed(channel):
    count = relay.BATCH + 50
    ids = say(count)
    environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "shared.testing.settings"}
    first = subprocess.Popen([sys.executable, "dying_relay.py"], cwd=TESTS, env=environment)
    assert first.wait(timeout=waiting.PATIENCE) == -signal.SIGKILL
    assert outgoing.pending()[0] == count

    with running_relay():
        wait_until_sent()

    times = collections.Counter(each["id"] for each in arrived(channel))
    assert times == dict.fromkeys(map(str, ids[: relay.BATCH]), 2) | dict.fromkeys(map(str, ids[relay.BATCH :]), 1)


def test_of_two_relays_one_leads_and_whichever_loses_its_session_is_replaced(channel):
    with running_relay(), running_relay():
        said = []
        for _ in range(3):
            said += say(5)
            wait_until_sent()
            assert end_the_leaders_session() == [(True,)]

        said += say(5)
        wait_until_sent()

    assert {each["id"] for each in arrived(channel)} == set(map(str, said))


def test_the_backlog_is_measured_while_the_broker_is_away(settings, channel):
    settings.BROKER_URL = "amqp://nobody@127.0.0.1:1//"
    metrics.OUTBOX_UNSENT.set(0)
    say(3)

    with running_relay():
        waiting.eventually(lambda: metrics.OUTBOX_UNSENT._value.get() == 3)
        waiting.eventually(lambda: metrics.OUTBOX_OLDEST._value.get() > 1)


def test_a_standby_measures_the_backlog_too(channel):
    metrics.OUTBOX_UNSENT.set(0)
    say(2)

    with advisory_lock("relay") as leading, running_relay():
        assert leading
        waiting.eventually(lambda: metrics.OUTBOX_UNSENT._value.get() == 2)


def test_an_outage_is_told_once(caplog):
    stopping = threading.Event()
    stopping.set()  # so that nothing is waited for
    waiting = relay.Relay(stopping=stopping, progress=lambda: None)

    for _ in range(3):
        waiting._after_fault(BrokerAway("nobody there"))

    assert caplog.text.count("relay_waiting") == 1


def test_a_relay_goes_on_after_a_defect(channel, caplog):
    say(2)
    trouble = [ProgrammingError("no such column"), *[mock.DEFAULT] * 1000]

    unsent = mock.patch.object(outgoing, "unsent", side_effect=trouble, wraps=outgoing.unsent)
    with unsent, running_relay():
        wait_until_sent()

    assert caplog.text.count("relay_database_error") == 1
    assert len(arrived(channel)) == 2


def test_a_broker_that_is_away_is_said_so_whatever_is_asked_of_it():
    away = Publisher("amqp://guest:guest@127.0.0.1:1//")

    with pytest.raises(BrokerAway):
        away.beat()
    with pytest.raises(BrokerAway):
        away.fetch("shared.dead")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_message_twice_and_in_any_order_has_each_effect_once(channel, publisher, effects, seed):
    say(20)
    assert relay.publish_outbox(publisher) == 20
    envelopes = arrived(channel) * 2
    random.Random(seed).shuffle(envelopes)

    outcomes = collections.Counter(map(delivery.deliver, envelopes))

    assert outcomes == {"handled": 20, "duplicate": 20}
    assert sorted(effects) == sorted(f"{number} 1" for number in range(20))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_of_handlers_that_often_fail_every_effect_comes_once_in_the_end(channel, publisher, effects, seed):
    dice = random.Random(seed)
    say(20)
    relay.publish_outbox(publisher)
    waiting = [(each, 0) for each in arrived(channel)]

    def fail_sometimes(_):
        if dice.random() < 0.3:
            raise LookupError("not now")

    effects.before = fail_sometimes

    while waiting:
        envelope, attempt = waiting.pop(dice.randrange(len(waiting)))
        if delivery.deliver(envelope, attempt=attempt) == "retried":
            waiting.append((envelope, attempt + 1))

    assert sorted(each.split()[0] for each in effects) == sorted(map(str, range(20)))
