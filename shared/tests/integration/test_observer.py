"""Beat's observer measures what only the database knows, waits for a database that is away, and harms nobody."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import httpx
import pytest
import servers
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone
from prometheus_client import REGISTRY

from shared import metrics
from shared.auth.models import Subject
from shared.events.models import OutboxEvent
from shared.testing import waiting
from shared.testing.ports import free_port
from shared.upkeep import observer

pytestmark = pytest.mark.django_db(transaction=True)

TESTS = Path(__file__).parents[1]
OWN = {"no_hundreds": "SELECT user_id FROM subjects WHERE epoch >= 100"}
BROKEN = {"nonsense": "SELECT nothing FROM nowhere"}
measured: list[int] = []


def measure():
    """Stand for a service's own measures."""
    measured.append(Subject.objects.count())


def failing_measure():
    measured.append(-1)
    raise ZeroDivisionError


def violations(name="no_hundreds"):
    return REGISTRY.get_sample_value("plaza_invariant_violations", {"invariant": name})


@pytest.fixture(autouse=True)
def own(settings):
    settings.SERVICE_INVARIANTS = f"{__name__}.OWN"
    measured.clear()
    metrics.INVARIANT_VIOLATIONS.clear()
    metrics.OBSERVED.set(0)


@pytest.fixture
def observing():
    """An observer that looks ten times a second."""
    started = observer.Observer(seconds=0.1)
    started.start()
    yield started
    started.stop()


def test_a_gauge_follows_an_invariant_that_breaks_and_heals(observing):
    waiting.eventually(lambda: violations() == 0)

    Subject.objects.create(user_id=uuid.uuid4(), epoch=100)
    waiting.eventually(lambda: violations() == 1)

    Subject.objects.all().delete()
    waiting.eventually(lambda: violations() == 0)


def test_dead_events_of_the_outbox_are_counted(observing):
    given = {"type": "shared.x.v1", "subject": uuid.uuid4(), "data": {}, "refusals": 8, "dead_at": timezone.now()}
    OutboxEvent.objects.bulk_create(OutboxEvent(event_id=uuid.uuid4(), **given) for _ in range(3))

    waiting.eventually(lambda: metrics.OUTBOX_DEAD._value.get() == 3)


def test_a_services_measures_are_taken_again_and_again(settings, observing):
    settings.SERVICE_MEASURES = f"{__name__}.measure"

    waiting.eventually(lambda: measured[:2] == [0, 0])


def test_an_outage_of_the_database_is_waited_for(monkeypatch, caplog):
    Subject.objects.create(user_id=uuid.uuid4(), epoch=100)
    with monkeypatch.context() as wrong:
        wrong.setitem(connection.settings_dict, "PORT", "1")
        rounds, observe = [], observer.observe
        wrong.setattr(observer, "observe", lambda: rounds.append(1) or observe())
        started = observer.Observer(seconds=0.1)
        started.start()
        waiting.eventually(lambda: len(rounds) > 3)
        assert violations() is None
        assert metrics.OBSERVED._value.get() == 0
        told = [record.message for record in caplog.records if record.name == observer.log.name]
        assert told == ["observer_waiting"]

    waiting.eventually(lambda: violations() == 1)
    started.stop()  # after the round
    assert metrics.OBSERVED._value.get() > 0


def test_a_defect_in_a_measure_is_logged_and_ends_nothing(settings, caplog, observing):
    settings.SERVICE_MEASURES = f"{__name__}.failing_measure"

    waiting.eventually(lambda: measured[:2] == [-1, -1])

    assert "ZeroDivisionError" in caplog.text
    assert "observer_failed" in caplog.text


def test_an_invariant_that_cannot_be_looked_at_is_counted(settings, caplog, observing):
    settings.SERVICE_INVARIANTS = f"{__name__}.BROKEN"

    waiting.eventually(lambda: "audit_failed" in caplog.text)

    assert metrics.AUDIT_FAILURES._value.get() == 1  # which is set before that is told
    assert violations("nonsense") is None


def test_the_connection_is_closed_after_each_round():
    def sessions():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity"
                " WHERE datname = current_database() AND backend_type = 'client backend'"
            )
            return {pid for (pid,) in cursor.fetchall()}

    before = sessions()
    started = observer.Observer(seconds=60)
    started.start()
    waiting.eventually(lambda: violations() == 0 and metrics.OBSERVED._value.get())

    waiting.eventually(lambda: sessions() <= before)
    started._stopping.set()


def start_beat(port, **changes):
    db = connections["default"].settings_dict
    database = f"postgresql://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{db['NAME']}"
    env = {"DATABASE_URL": database, "MANAGEMENT_BIND": f"127.0.0.1:{port}", "OBSERVE_SECONDS": "0.1"}
    return subprocess.Popen(
        [sys.executable, "-m", "shared.celery", "beat", "greeter_app"],
        cwd=TESTS,
        env={**os.environ, "PYTHONPATH": str(TESTS), "BROKER_URL": settings.BROKER_URL, **env, **changes},
        start_new_session=True,
    )


@pytest.fixture
def beat():
    """Start a real beat; returns how to ask its management port."""
    started = []

    def start(**changes):
        port = free_port()
        started.append(start_beat(port, **changes))

        def ask(path):
            try:
                return servers.ask(port, path)
            except httpx.TransportError:
                return httpx.Response(503)

        waiting.eventually(lambda: ask("/livez").status_code == 200)
        return ask

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=waiting.PATIENCE) == 0


def test_beat_exposes_what_it_observed(beat):
    ask = beat()
    sample = 'plaza_invariant_violations{invariant="outbox_dead_is_not_sent",service="shared"}'
    waiting.eventually(lambda: f"{sample} 0.0" in ask("/metrics").text)

    now = timezone.now()
    given = {"type": "shared.x.v1", "subject": uuid.uuid4(), "data": {}, "refusals": 8, "dead_at": now, "sent_at": now}
    OutboxEvent.objects.create(event_id=uuid.uuid4(), **given)

    waiting.eventually(lambda: f"{sample} 1.0" in ask("/metrics").text)


def test_beat_lives_on_without_a_database(beat):
    ask = beat(DATABASE_URL="postgresql://nobody:none@127.0.0.1:1/none")

    time.sleep(1)

    assert ask("/livez").status_code == 200
    assert "plaza_invariant_violations{" not in ask("/metrics").text
