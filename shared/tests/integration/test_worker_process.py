"""A real worker on a real broker in each state of table E12: what its probes say, and what its metrics keep."""

import os
import signal
import time
import uuid
from urllib.parse import urlsplit, urlunsplit

import greeter
import pytest
import servers
from django.conf import settings
from django.db import transaction
from kombu import Connection
from proxy import Proxy

from shared.events import outbox, relay, topology
from shared.events.models import InboxEvent
from shared.events.publisher import Publisher
from shared.testing import waiting

pytestmark = pytest.mark.django_db(transaction=True)

LIVENESS = 6.0  # seconds


@pytest.fixture(scope="module")
def broker():
    """The broker behind a proxy that can be cut and frozen."""
    topology.declare()
    parts = urlsplit(settings.BROKER_URL)
    proxy = Proxy(parts.hostname, parts.port)
    login, _, _ = parts.netloc.rpartition("@")
    proxy.url = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{proxy.port}"))
    yield proxy
    proxy.close()
    with Connection(settings.BROKER_URL) as connection:
        for name in ("shared.events", "shared.dead"):
            connection.default_channel.queue_delete(name)


@pytest.fixture(scope="module")
def worker(django_db_setup, broker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("worker")
    with servers.worker(folder, BROKER_URL=broker.url, LIVENESS_SECONDS=str(LIVENESS)) as server:
        yield server


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


def handled(ids):
    return InboxEvent.objects.filter(event_id__in=ids).count() == len(ids)


def finished(server, ids):
    """Return whether a worker has handled events, counted them and, at last, told of them."""
    told = {line["event_id"] for line in server.lines() if line["event"] == "event_handled"}
    return handled(ids) and told >= {str(each) for each in ids}


def probes(server, seconds):
    """Return all answers of (livez, readyz) within the time."""
    deadline, seen = time.monotonic() + seconds, set()
    while time.monotonic() < deadline:
        seen.add((server.probe("livez"), server.probe("readyz")))
        time.sleep(0.1)
    return seen


def test_a_killed_child_that_celery_overlooks_is_replaced_and_its_event_handled(
    django_db_setup, broker, tmp_path, hold
):
    with servers.worker(tmp_path / "overlooking", app="overlooking_app", BROKER_URL=broker.url) as server:
        ids = ask(2, hold=str(hold))
        servers.eventually(lambda: servers.handling() == 2)
        killed = server.children()

        for child in killed:
            os.kill(child, signal.SIGKILL)
        hold.unlink()

        servers.eventually(lambda: len(set(server.children()) - set(killed)) == 2)
        servers.eventually(lambda: handled(ids))


def test_a_worker_whose_children_are_all_busy_is_alive_and_ready(worker, hold):
    ids = ask(2, hold=str(hold))
    servers.eventually(lambda: servers.handling() == 2)

    assert probes(worker, LIVENESS + 1.5) == {(200, 200)}

    hold.unlink()
    servers.eventually(lambda: finished(worker, ids))


def test_a_broker_that_is_gone_makes_a_worker_unready_and_no_less_alive(worker, broker):
    broker.cut()
    servers.eventually(lambda: worker.probe("readyz") == 503)

    assert probes(worker, LIVENESS + 3) == {(200, 503)}

    broker.restore()
    servers.eventually(lambda: worker.probe("readyz") == 200)
    ids = ask(3)
    servers.eventually(lambda: finished(worker, ids))
    assert worker.process.poll() is None


def test_a_broker_that_is_frozen_makes_a_worker_unready_and_no_less_alive(worker, broker):
    broker.freeze()

    # Two missed heartbeats of ten seconds.
    servers.eventually(lambda: (worker.probe("livez"), worker.probe("readyz")) == (200, 503))
    assert probes(worker, LIVENESS + 3) == {(200, 503)}

    broker.restore()
    servers.eventually(lambda: worker.probe("readyz") == 200)
    ids = ask(3)
    servers.eventually(lambda: finished(worker, ids))


def test_a_killed_child_takes_no_count_along_and_leaves_no_files(worker):
    ids = ask(20)
    servers.eventually(lambda: finished(worker, ids))
    counted = {"type": "shared.asked.v1", "outcome": "handled"}
    before = worker.total("plaza_events_handled_total", **counted)

    for _ in range(2):
        killed, *_ = worker.children()
        os.kill(killed, signal.SIGKILL)
        servers.eventually(lambda gone=killed: gone not in worker.children() and len(worker.children()) == 2)
        assert worker.total("plaza_events_handled_total", **counted) == before

    ids = ask(20)
    servers.eventually(lambda: finished(worker, ids))
    assert worker.total("plaza_events_handled_total", **counted) == before + 20
    living = {str(pid) for pid in [worker.process.pid, *worker.children()]}
    owners = {path.stem.rpartition("_")[2] for path in worker.metrics_folder.glob("*.db")}
    assert owners <= living | {"dead"}


def test_a_worker_tells_of_its_tasks_and_itself(worker):
    done = {"task": "plaza.deliver", "outcome": "success"}
    ids = ask(2)
    servers.eventually(lambda: finished(worker, ids))

    servers.eventually(lambda: worker.total("plaza_tasks_duration_seconds_count", **done) >= 2)
    assert worker.total("plaza_build_info") == 1
    now = time.time()
    servers.eventually(lambda: worker.total("plaza_heartbeat_timestamp_seconds", process="worker") > now)


def test_a_loop_that_hangs_is_not_alive(django_db_setup, broker, tmp_path):
    hang = tmp_path / "hang"
    environment = {"LIVENESS_SECONDS": str(LIVENESS), "HANG_FILE": str(hang), "BROKER_URL": broker.url}
    with servers.worker(tmp_path / "hanging", app="hanging_app", **environment) as server:
        assert server.probe("livez") == 200

        hang.touch()

        servers.eventually(lambda: server.probe("livez") == 503)
        assert server.probe("readyz") == 200


def test_a_worker_that_is_stopped_finishes_its_work_alive_and_not_ready(worker, hold):
    ids = ask(2, hold=str(hold))
    servers.eventually(lambda: servers.handling() == 2)
    worker.process.send_signal(signal.SIGTERM)
    servers.eventually(lambda: worker.probe("readyz") == 503)

    assert probes(worker, LIVENESS + 1) == {(200, 503)}

    hold.unlink()
    assert worker.process.wait(timeout=waiting.PATIENCE) == 0
    assert handled(ids)
    assert {frozenset({"event", "level", "logger", "timestamp"}) <= set(each) for each in worker.lines()} == {True}
