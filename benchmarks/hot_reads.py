"""`python -m benchmarks.hot_reads`: what a hot read costs, against a bare WSGI application on the same gunicorn.

Needs the environment of the catalog service with a database that may be filled; loads it with products when there are
none. The server (one worker, four threads) has one core, the client another. Load from elsewhere bends the rates; the
CPU time of the worker per request hardly.
"""

import http.client
import json
import os
import select
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from benchmarks import products

CONNECTIONS, ROUNDS, SECONDS = 8, 3, 2.0
PORTS = {"bare": 21871, "catalog": 21872}
KEYS_PORT = 21873
_TICKS = os.sysconf("SC_CLK_TCK")
_BODY = b"x" * 400


@dataclass(kw_only=True)
class Case:
    """What is asked again and again, and what it took in each round."""

    name: str
    server: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    target: float | None = None
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)

    def request(self) -> bytes:
        """Return the request's bytes."""
        lines = [f"GET {self.path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {v}" for name, v in self.headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def bare(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer like nobody could faster."""
    del environ
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(_BODY)))])
    return [_BODY]


@contextmanager
def serving(name: str, application: str) -> Iterator[int]:
    """Run an application under gunicorn on the first core; yields the worker's process id."""
    environment = {**os.environ, "WEB_BIND": f"127.0.0.1:{PORTS[name]}", "WEB_WORKERS": "1", "WEB_THREADS": "4"}
    command = [sys.executable, "-m", "gunicorn", "-c", "python:shared.gunicorn", application]
    server = subprocess.Popen(["taskset", "-c", "0", *command], env=environment, stdout=subprocess.DEVNULL)  # noqa: S603, S607 (our own)
    try:
        _until_open(PORTS[name])
        yield int(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0])
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _until_open(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens on {port}")


def measure(case: Case, pid: int) -> None:
    """Ask for some seconds over a few connections, each answered before it asks again."""
    request, size = case.request(), _size(case)
    links = [socket.create_connection(("127.0.0.1", PORTS[case.server])) for _ in range(CONNECTIONS)]
    poll, by_number, left = select.epoll(), {}, {}
    for link in links:
        poll.register(link, select.EPOLLIN)
        by_number[link.fileno()], left[link.fileno()] = link, size
        link.sendall(request)
    before, begun, answered = _cpu(pid), time.monotonic(), 0
    while time.monotonic() < begun + SECONDS:
        for number, _ in poll.poll(1):
            left[number] -= len(by_number[number].recv(65536))
            if left[number] <= 0:
                answered, left[number] = answered + 1, size
                by_number[number].sendall(request)
    spent = time.monotonic() - begun
    case.rates.append(answered / spent)
    case.costs.append(1000 * (_cpu(pid) - before) / answered)
    for link in links:
        link.close()


def _size(case: Case) -> int:
    """Return the bytes of a whole answer; the second one's, which is ready."""
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", PORTS[case.server])) as link:
            link.sendall(case.request())
            link.settimeout(0.5)
            got = link.recv(1 << 20)
            while b"\r\n\r\n" not in got or _is_short(got):
                got += link.recv(1 << 20)
        assert got.startswith((b"HTTP/1.1 200", b"HTTP/1.1 304")), got[:200]  # noqa: S101 (a benchmark)
    return len(got)


def _is_short(got: bytes) -> bool:
    """Return whether more of the body is to come."""
    head, _, body = got.partition(b"\r\n\r\n")
    length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(length) and len(body) < int(length[0].partition(b":")[2])


def _cpu(pid: int) -> float:
    """Return the seconds that a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def key_set() -> Iterator[None]:
    """Give out the public key that the customer's token is signed for."""
    from shared.testing import tokens  # noqa: PLC0415 (needs the settings)

    document = json.dumps(tokens.jwks()).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", KEYS_PORT), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()


def cases() -> list[Case]:
    """Return what is measured: bare first."""
    from shared.testing import tokens  # noqa: PLC0415 (needs the settings)

    connection = http.client.HTTPConnection("127.0.0.1", PORTS["catalog"])
    connection.request("GET", "/api/v2/products/?limit=1")
    first = json.loads(connection.getresponse().read())["data"][0]
    detail, listed = f"/api/v2/products/{first['slug']}/", "/api/v2/products/"
    customer = {"Authorization": f"Bearer {tokens.token(uuid4())}"}
    return [
        Case(name="bare WSGI", server="bare", path="/"),
        Case(name="hot detail", server="catalog", path=detail, target=0.6),
        Case(name="hot detail, token", server="catalog", path=detail, headers=customer, target=0.6),
        Case(name="hot list of 20", server="catalog", path=listed, target=0.5),
        Case(name="304", server="catalog", path=detail, headers={"If-None-Match": "*"}, target=0.7),
        Case(name="uncached detail", server="catalog", path=detail, headers={"API-Version": "v2"}),
        Case(name="uncached list of 20", server="catalog", path=listed, headers={"API-Version": "v2"}),
    ]


def prepare() -> None:
    """Migrate the database and see that it has products."""
    from django.core.management import call_command  # noqa: PLC0415 (needs the settings)

    call_command("migrate", verbosity=0)
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        if cursor.execute("SELECT NOT EXISTS (SELECT FROM product)").fetchone() == (True,):
            products.load(cursor, count=10_000)


def main() -> int:
    """Measure all in turn and print the table; returns 1 when a target is missed."""
    os.environ.update(
        RATE_ANONYMOUS="off", RATE_USER="off", LOG_FORMAT="json", DJANGO_SETTINGS_MODULE="catalog.settings"
    )
    os.environ["JWKS_URL"] = f"http://127.0.0.1:{KEYS_PORT}/"
    import django  # noqa: PLC0415 (reads the environment)

    django.setup()
    prepare()
    os.sched_setaffinity(0, {1})
    with key_set(), serving("bare", "benchmarks.hot_reads:bare") as bare_pid, serving("catalog", "catalog.wsgi") as pid:
        every = cases()
        for _ in range(ROUNDS):
            for case in every:
                measure(case, bare_pid if case.server == "bare" else pid)
    return report(every)


def report(every: list[Case]) -> int:
    """Print what was measured; returns 1 when a target is missed."""
    base, missed = every[0], False
    print(f"{'':22} {'req/s':>8} {'CPU ms':>8} {'x bare':>7} {'by CPU':>7}  target")  # noqa: T201 (its purpose)
    for case in every:
        ratio = statistics.median(rate / other for rate, other in zip(case.rates, base.rates, strict=True))
        by_cpu = statistics.median(other / cost for cost, other in zip(case.costs, base.costs, strict=True))
        missed |= case.target is not None and max(ratio, by_cpu) < case.target
        wanted = "" if case.target is None else f">= {case.target}"
        figures = (
            f"{statistics.median(case.rates):8.0f} {statistics.median(case.costs):8.3f} {ratio:7.2f} {by_cpu:7.2f}"
        )
        print(f"{case.name:22} {figures}  {wanted}")  # noqa: T201 (its purpose)
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
