"""Ready answers in two processes: what one has written, the other shows at its next read (decision record 13)."""

import http.client
import os
import socket
import subprocess
import sys
import time
from decimal import Decimal
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from factories import ProductFactory

from catalog import services
from shared.testing import waiting
from shared.testing.ports import free_port

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/v2/products/red-mug/"


class Server:
    """The service under gunicorn, on the test's database and a Valkey that may be none."""

    def __init__(self, **environment):
        self._port = free_port()
        name, url = connection.settings_dict["NAME"], os.environ["DATABASE_URL"].rpartition("/")[0]
        chosen = {"WEB_BIND": f"127.0.0.1:{self._port}", "WEB_WORKERS": "1", "DATABASE_URL": f"{url}/{name}"}
        command = [sys.executable, "-m", "gunicorn", "-c", "python:shared.gunicorn", "catalog.wsgi"]
        self._process = subprocess.Popen(
            command, env={**os.environ, **chosen, **environment}, stdout=subprocess.DEVNULL
        )
        self._link = http.client.HTTPConnection("127.0.0.1", self._port, timeout=waiting.PATIENCE)

    def ready(self):
        """Return itself once it answers."""
        until_open(self._port)
        return self

    def read(self, path=PATH):
        """Return the body of an answer."""
        self._link.request("GET", path, headers={"X-Request-ID": str(uuid4())})
        return self._link.getresponse().read()

    def close(self):
        self._link.close()
        self._process.terminate()
        self._process.wait(waiting.PATIENCE)


@pytest.fixture
def server():
    """Return what starts servers."""
    running = []

    def start(**environment):
        running.append(Server(**environment))
        return running[-1].ready()

    yield start
    for each in running:
        each.close()


@pytest.fixture
def mug():
    return ProductFactory(sku="M-1", name="Red Mug", slug="red-mug", price=Decimal("9.99"), stock=5)


@pytest.fixture
def deaf():
    """Return the address of a Valkey that takes connections and never says a word."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        yield f"redis://127.0.0.1:{silent.getsockname()[1]}/0"


def test_the_other_processes_show_a_change_at_their_next_read(mug, server):
    others = [server(), server(RATE_ANONYMOUS="off")]  # the second gives what is ready from its loop

    for number in range(30):
        for each in others:
            each.read()
        services.product_update(key="red-mug", changes={"name": f"Mug {number}"})

        assert [f'"Mug {number}"'.encode() in each.read() for each in others] == [True, True]


def test_a_frozen_valkey_makes_no_read_wrong_or_late(mug, server, deaf):
    other = server(CACHE_URL=deaf, RATE_ANONYMOUS="off")
    other.read()
    slowest = 0.0

    for number in range(30):
        services.stock_set(key="red-mug", on_hand=100 + number)
        begun = time.monotonic()
        body = other.read()
        slowest = max(slowest, time.monotonic() - begun)

        assert f'"available":{100 + number},'.encode() in body

    assert slowest < 30  # else it waits for what never comes


def test_a_flushed_valkey_brings_nothing_old_back(mug, server):
    other = server()
    for number in range(5):
        other.read()
        services.product_update(key="red-mug", changes={"name": f"Mug {number}"})
        flush()

        assert f'"Mug {number}"'.encode() in other.read()


def until_open(port):
    """Wait until somebody listens."""

    def is_open():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    waiting.eventually(is_open)


def flush():
    """Empty the service's Valkey."""
    import redis

    with redis.Redis.from_url(settings.CACHE_URL) as client:
        client.flushdb()
