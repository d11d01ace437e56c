"""Waiting in a real web process: many wait beside few threads for work, all hear the news, an end sends them away."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import given
import pytest
from django.db import connection

from shared.db.models import uuid7
from shared.testing import tokens, waiting
from shared.testing.ports import free_port

pytestmark = pytest.mark.django_db(transaction=True)

USER, WAITING = uuid7(), 12


@pytest.fixture
def keys() -> Iterator[str]:
    """Return the address of the public key that the tests' tokens are signed for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(tokens.jwks()).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


class Web:
    """One web process of orders: two requests are worked on at once, with two connections; twelve clients may wait."""

    def __init__(self, keys: str) -> None:
        self.port, self.management = free_port(), free_port()
        database = os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + str(connection.settings_dict["NAME"])
        own = {"WEB_BIND": f"127.0.0.1:{self.port}", "WEB_WORKERS": "1", "WEB_THREADS": "2", "DATABASE_POOL_MAX": "2"}
        own |= {"WEB_WAITING": str(WAITING), "DATABASE_URL": database, "JWKS_URL": keys}
        own |= {"MANAGEMENT_BIND": f"127.0.0.1:{self.management}"}
        command = [sys.executable, "-m", "gunicorn", "-c", "python:shared.gunicorn", "orders.wsgi"]
        self.process = subprocess.Popen(command, env={**os.environ, **own}, stdout=subprocess.DEVNULL)
        self.headers = {"Authorization": f"Bearer {tokens.token(USER)}"}

    def get(self, order_id: UUID, **headers: str) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Return status, headers and body of an answer about an order."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=waiting.PATIENCE)
        link.request("GET", f"/api/v2/orders/{order_id}/", headers={**self.headers, **headers})
        answer = link.getresponse()
        body = json.loads(answer.read())
        link.close()
        return answer.status, dict(answer.getheaders()), body

    def active(self) -> int:
        """Return how many requests are being answered."""
        link = http.client.HTTPConnection("127.0.0.1", self.management, timeout=waiting.PATIENCE)
        link.request("GET", "/metrics")
        lines = link.getresponse().read().decode().splitlines()
        link.close()
        return int(sum(float(line.split()[-1]) for line in lines if line.startswith("http_server_active_requests{")))

    def is_open(self) -> bool:
        """Return whether it listens."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def web(keys: str) -> Iterator[Web]:
    """Return a web process that answers."""
    started = Web(keys)
    try:
        waiting.eventually(started.is_open)
        yield started
    finally:
        started.process.terminate()
        started.process.wait(waiting.PATIENCE)


@pytest.fixture
def crowd(web: Web) -> Iterator[tuple[UUID, list[Future[Any]]]]:
    """Return an order, and the answers to come of all who wait for it."""
    order_id = given.placed(USER)
    web.get(order_id)
    with ThreadPoolExecutor(WAITING) as pool:
        answers = [pool.submit(web.get, order_id, Prefer="wait=25") for _ in range(WAITING)]
        waiting.eventually(lambda: web.active() == WAITING)
        time.sleep(1)  # until they wait
        assert not any(answer.done() for answer in answers)
        yield order_id, answers


def test_who_waits_takes_nothing_from_who_does_not_and_hears_the_news(
    web: Web, crowd: tuple[UUID, list[Future[Any]]]
) -> None:
    order_id, answers = crowd
    for _ in range(5):
        assert web.get(order_id)[0] == 200
    status, headers, _ = web.get(order_id, Prefer="wait=25")  # one more than there are places
    assert not any(answer.done() for answer in answers)
    assert (status, "Preference-Applied" in headers) == (200, False)
    assert 2 <= int(headers["Retry-After"]) <= 6

    given.tell(given.reserved(order_id))
    told = [answer.result(timeout=waiting.PATIENCE) for answer in answers]

    assert {body["status"] for _, _, body in told} == {"processing"}
    assert {headers["Preference-Applied"] for _, headers, _ in told} == {"wait=25"}


def test_a_process_that_ends_sends_away_who_waits(web: Web, crowd: tuple[UUID, list[Future[Any]]]) -> None:
    _, answers = crowd

    web.process.terminate()
    told = [answer.result(timeout=waiting.PATIENCE) for answer in answers]
    web.process.wait(waiting.PATIENCE)

    assert [(status, body["status"]) for status, _, body in told] == [(200, "pending")] * WAITING
    assert all("Retry-After" in headers and "Preference-Applied" not in headers for _, headers, _ in told)
