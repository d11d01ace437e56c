"""A real relay and a real beat: alive whatever broker and database do, and telling of themselves."""

import time
from urllib.parse import urlsplit, urlunsplit

import pytest
import servers
from django.conf import settings
from proxy import Proxy

from shared.events import topology

pytestmark = pytest.mark.django_db(transaction=True)

LIVENESS = 6.0  # seconds


def behind_a_proxy(url):
    """Return a proxy to a server, and the server's address through it."""
    parts = urlsplit(url)
    proxy = Proxy(parts.hostname, parts.port)
    login, _, _ = parts.netloc.rpartition("@")
    return proxy, urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{proxy.port}"))


@pytest.fixture
def broker():
    topology.declare()
    proxy, url = behind_a_proxy(settings.BROKER_URL)
    yield proxy, url
    proxy.close()


@pytest.fixture
def database():
    proxy, url = behind_a_proxy(servers.database_url())
    yield proxy, url
    proxy.close()


def stays_alive(server, seconds):
    """Fail unless the process says all the time that it is alive."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert server.probe("livez") == 200
        time.sleep(0.2)


def beating(server, process):
    """Return whether the process has turned since just now."""
    now = time.time()
    return servers.eventually(lambda: server.total("plaza_heartbeat_timestamp_seconds", process=process) > now)


def test_a_relay_outlives_a_broker_that_is_gone_and_a_database_that_is_frozen(broker, database, tmp_path):
    (exchange, broker_url), (stored, database_url) = broker, database
    environment = {"BROKER_URL": broker_url, "DATABASE_URL": database_url, "LIVENESS_SECONDS": str(LIVENESS)}
    with servers.relay(tmp_path / "relay", **environment) as server:
        assert beating(server, "relay")
        assert server.total("plaza_build_info", service="shared") == 1

        exchange.cut()
        stays_alive(server, LIVENESS + 4)
        exchange.restore()
        assert beating(server, "relay")

        stored.freeze()
        stays_alive(server, LIVENESS + 4)
        stored.restore()
        assert beating(server, "relay")
        assert server.process.poll() is None


def test_a_beat_outlives_a_broker_that_is_gone(broker, tmp_path):
    exchange, broker_url = broker
    with servers.beat(tmp_path / "beat", BROKER_URL=broker_url, LIVENESS_SECONDS=str(LIVENESS)) as server:
        assert beating(server, "beat")
        assert server.total("plaza_build_info", service="shared") == 1

        exchange.cut()
        stays_alive(server, LIVENESS + 8)

        exchange.restore()
        assert beating(server, "beat")
        assert server.process.poll() is None
        assert server.lines()


def test_a_beat_that_begins_without_a_broker_waits_for_it_alive(broker, tmp_path):
    exchange, broker_url = broker
    exchange.cut()
    with servers.beat(tmp_path / "beat", BROKER_URL=broker_url, LIVENESS_SECONDS=str(LIVENESS)) as server:
        stays_alive(server, LIVENESS + 6)

        assert server.logged("beat_waits_for_broker")
        exchange.restore()
        assert beating(server, "beat")
