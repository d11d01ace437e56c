"""Real processes under test: gunicorn and a Celery worker, on ports of their own, as production starts them."""

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
from django.conf import settings
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from shared.testing import waiting
from shared.testing.ports import free_port

TESTS = Path(__file__).parent

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used; else each question would read all certificates (30 ms)

Series = tuple[str, frozenset[tuple[str, str]]]


def ask(port: int, path: str, *, seconds: float = waiting.PATIENCE, **headers: str) -> httpx.Response:
    """Ask a server of this machine, over a connection of its own, with the patience told."""
    return httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers, timeout=seconds, verify=_NO_TLS)


def eventually(look: Callable[[], Any]) -> Any:
    """Return the first true value of look(), also from a server that does not answer yet."""

    def patient() -> Any:
        with contextlib.suppress(httpx.TransportError):
            return look()
        return None

    return waiting.eventually(patient)


def handling() -> int:
    """Return how many handlers are at work: each has a transaction open, and this process has none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        (count,) = cursor.fetchone()
    return int(count)


def database_url() -> str:
    """Return the address of the tests' database."""
    db = settings.DATABASES["default"]
    name = db["NAME"].removesuffix("_test") + "_test"
    return f"postgresql://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{name}"


class Server:
    """A running process with a management port; `folder` has its log and, unless it is alone, its metrics' files."""

    def __init__(self, command: list[str], folder: Path, *, alone: bool = False, **environment: str) -> None:
        self.port, self.management = free_port(), free_port()
        self.folder = folder
        self.metrics_folder = folder / "metrics"
        self.metrics_folder.mkdir(parents=True)
        own = {
            "DATABASE_URL": database_url(),
            "LOG_FORMAT": "json",
            "MANAGEMENT_BIND": f"127.0.0.1:{self.management}",
            **({} if alone else {"PROMETHEUS_MULTIPROC_DIR": str(self.metrics_folder)}),
            "PYTHONPATH": str(TESTS),
            "PYTHONUNBUFFERED": "1",
            "WEB_BIND": f"127.0.0.1:{self.port}",
        }
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=TESTS,
                env={**os.environ, **own, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask the API, over a connection of its own."""
        return ask(self.port, path, **headers)

    def probe(self, name: str) -> int:
        """Return the status of a management endpoint."""
        return ask(self.management, f"/{name}").status_code

    def series(self) -> dict[Series, float]:
        """Return all metrics, from whichever process answers."""
        text = ask(self.management, "/metrics").text
        families = text_string_to_metric_families(text)
        return {(each.name, frozenset(each.labels.items())): each.value for one in families for each in one.samples}

    def total(self, name: str, **labels: str) -> float:
        """Return the sum over a metric's series that have these labels."""
        wanted = set(labels.items())
        return sum(value for (each, has), value in self.series().items() if each == name and wanted <= has)

    def children(self) -> list[int]:
        """Return the numbers of the processes it has forked."""
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def lines(self) -> list[dict[str, Any]]:
        """Return what it has logged; fails when a line is not JSON."""
        whole, _, _ = (self.folder / "log").read_text().rpartition("\n")  # the last line may be on its way
        return [json.loads(line) for line in whole.splitlines()]

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Return its lines of one kind, once there are any."""
        return eventually(lambda: [line for line in self.lines() if line["event"] == event])  # type: ignore[no-any-return]

    def kill(self) -> None:
        """End it and its children at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def web(folder: Path, *, workers: int = 2, **environment: str) -> Iterator[Server]:
    """Run gunicorn as production does, from the moment it is ready."""
    command = ["gunicorn", "-c", "python:shared.gunicorn", "trouble_wsgi"]
    own = {"DJANGO_SETTINGS_MODULE": "trouble_settings", "WEB_WORKERS": str(workers), "WEB_THREADS": "4"}
    own["HOLD_FILE"] = str(folder / "hold")
    with _running(Server(command, folder, **own, **environment)) as server:
        yield server


@contextlib.contextmanager
def worker(folder: Path, *, app: str = "greeter_app", **environment: str) -> Iterator[Server]:
    """Run a Celery worker with two children, from the moment it consumes."""
    command = ["shared.celery", "worker", app]
    with _running(Server(command, folder, TEST_HANDLERS="greeter", **environment)) as server:
        yield server


@contextlib.contextmanager
def relay(folder: Path, **environment: str) -> Iterator[Server]:
    """Run a relay, whose metrics are its own."""
    with _running(Server(["django", "relay"], folder, alone=True, **environment)) as server:
        yield server


@contextlib.contextmanager
def beat(folder: Path, **environment: str) -> Iterator[Server]:
    """Run a beat that sends a tick every half second."""
    command = ["shared.celery", "beat", "ticking_app"]
    with _running(Server(command, folder, alone=True, **environment)) as server:
        yield server


@contextlib.contextmanager
def _running(server: Server) -> Iterator[Server]:
    try:
        eventually(lambda: server.probe("readyz") == 200)
        yield server
    except AssertionError:
        sys.stdout.write((server.folder / "log").read_text()[-4000:])
        raise
    finally:
        server.kill()
