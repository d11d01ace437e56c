"""`python -m benchmarks.waiting`: whether clients that wait (`Prefer: wait=30`) leave room for those that do not.

Brings its own PostgreSQL and Valkey and one web process of orders as in devstack (one worker, sixteen threads). Orders
stay pending, so that every wait lasts as long as it may: the worst case. A client without a place asks again when
Retry-After says so. Prints latencies of ordinary reads, and what the waiting costs the database, without and with it.
"""

import argparse
import asyncio
import http.client
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg

from benchmarks import keys
from devstack import ephemeral
from devstack.parts import service

PORT = 21876
READERS, PAUSE = 4, 0.1  # ordinary clients, and the seconds each rests between two reads
LONGEST_P99_RATIO = 5.0


@dataclass(kw_only=True)
class Round:
    """What one round of ordinary reads took, and what was done in the database meanwhile."""

    waiters: int
    latencies: list[float] = field(default_factory=list)
    statements: float = 0.0
    told: "Counter[str]" = field(default_factory=Counter)

    def at(self, percent: int) -> float:
        """Return a percentile of the latencies in milliseconds."""
        return 1000 * statistics.quantiles(self.latencies, n=100)[percent - 1]


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[None]:
    """Run one web process of orders."""
    own = {"WEB_BIND": f"127.0.0.1:{PORT}", "WEB_WORKERS": "1", "WEB_THREADS": str(service.WEB_THREADS)}
    own["DATABASE_POOL_MAX"] = own["WEB_THREADS"]
    command = [sys.executable, "-m", "gunicorn", "-c", "python:shared.gunicorn", "orders.wsgi"]
    with subprocess.Popen(command, env={**environment, **own}, stdout=subprocess.DEVNULL) as server:  # noqa: S603 (our own)
        try:
            _until_open()
            yield
        finally:
            server.terminate()


def _until_open() -> None:
    """Wait until it answers; raises TimeoutError."""
    for _ in range(300):
        try:
            http.client.HTTPConnection("127.0.0.1", PORT, timeout=5).request("GET", "/")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("orders does not answer")


class Readers:
    """Ordinary clients, which read one order again and again at an even pace."""

    def __init__(self, measured: Round, headers: dict[str, str], path: str, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._all = [threading.Thread(target=self._read, args=(measured, headers, path)) for _ in range(READERS)]

    def run(self) -> None:
        """Read until the time is over."""
        for thread in self._all:
            thread.start()
        for thread in self._all:
            thread.join()

    def _read(self, measured: Round, headers: dict[str, str], path: str) -> None:
        link = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        while time.monotonic() < self._end:
            began = time.monotonic()
            link.request("GET", path, headers=headers)
            answer = link.getresponse()
            answer.read()
            assert answer.status == 200, answer.status  # noqa: S101, PLR2004 (a benchmark)
            measured.latencies.append(time.monotonic() - began)
            time.sleep(PAUSE * random.uniform(0.5, 1.5))  # noqa: S311 (a pace)


async def _wait(measured: Round, request: bytes) -> None:
    """Wait for an order that never changes, for ever, as a well-behaved client does."""
    while True:
        source, sink = await asyncio.open_connection("127.0.0.1", PORT)
        sink.write(request)
        head = (await source.readuntil(b"\r\n\r\n")).decode().lower()
        sink.close()
        again = head.partition("\r\nretry-after: ")[2].partition("\r\n")[0]
        measured.told["asked to come again" if again else "waited"] += 1
        await asyncio.sleep(float(again or 0))


@contextmanager
def waiting(measured: Round, request: bytes) -> Iterator[None]:
    """Let clients wait while the block runs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    tasks = [asyncio.run_coroutine_threadsafe(_wait(measured, request), loop) for _ in range(measured.waiters)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def measure(database: str, user_id: UUID, order_id: UUID, *, waiters: int, seconds: float) -> Round:
    """Return what ordinary reads take beside so many waiting clients."""
    from shared.testing import tokens  # noqa: PLC0415 (needs the settings)

    measured, path = Round(waiters=waiters), f"/api/v2/orders/{order_id}/"
    headers = {"Authorization": f"Bearer {tokens.token(user_id)}"}
    lines = [f"GET {path} HTTP/1.1", "Host: x", "Prefer: wait=30", "Connection: close"]
    request = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()
    with waiting(measured, request):
        time.sleep(3)  # until those who found a place have it
        before = _statements(database)
        Readers(measured, headers, path, seconds).run()
        measured.statements = (_statements(database) - before) / seconds
    time.sleep(2)
    return measured


def _statements(database: str) -> int:
    """Return how many statements the database has seen; each is a transaction of its own here."""
    with psycopg.connect(database, autocommit=True) as connection:
        row = connection.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    return int(row[0]) if row else 0


def prepared() -> tuple[UUID, UUID]:
    """Migrate the database and place an order; returns whose it is and its id."""
    from django.core.management import call_command  # noqa: PLC0415 (needs the settings)

    call_command("migrate", verbosity=0)
    from django.utils import timezone  # noqa: PLC0415 (needs the settings)

    from orders import services  # noqa: PLC0415 (needs the settings)

    user_id = uuid4()
    lines = [{"product_id": uuid4(), "quantity": 1}]
    return user_id, services.order_place(user_id=user_id, lines=lines, now=timezone.now())["id"]


def main() -> int:
    """Measure without and with waiting clients; returns 1 when ordinary reads suffer too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiters", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--places", type=int, default=service.WEB_WAITING["orders"], help="0: three quarters of 16")
    chosen = parser.parse_args()
    documents: dict[str, Any] = {}
    with ephemeral.stores(names=["postgres", "valkey"]) as stores, keys.served(documents) as url:
        environment = service.environment(stack=stores, service="orders") | {
            "DATABASE_URL": stores.database_url(name="orders"),
            "DJANGO_SETTINGS_MODULE": "orders.settings",
            "JWKS_URL": url,
            "RATE_USER": "off",
            "RATE_ANONYMOUS": "off",
        }
        os.environ.update(environment)
        import django  # noqa: PLC0415 (reads the environment)

        django.setup()
        from shared.testing import tokens  # noqa: PLC0415 (needs the settings)

        documents["jwks"] = tokens.jwks()
        user_id, order_id = prepared()
        database = stores.database_url(name="orders")
        with serving({**os.environ, "WEB_WAITING": str(chosen.places)}):
            measure(database, user_id, order_id, waiters=0, seconds=2)  # until everything is loaded
            rounds = [
                measure(database, user_id, order_id, waiters=waiters, seconds=chosen.seconds)
                for waiters in (0, chosen.waiters)
            ]
    return report(*rounds)


def report(without: Round, beside: Round) -> int:
    """Print the figures; returns 1 when the slowest hundredth of ordinary reads takes too many times as long."""
    print(f"{'waiting':>8} {'reads':>7} {'p50 ms':>8} {'p99 ms':>8} {'statements/s':>13}")  # noqa: T201 (its purpose)
    for each in (without, beside):
        figures = f"{each.at(50):8.1f} {each.at(99):8.1f} {each.statements:13.1f}"
        print(f"{each.waiters:8} {len(each.latencies):7} {figures}")  # noqa: T201 (its purpose)
    extra, ratio = beside.statements - without.statements, beside.at(99) / without.at(99)
    print(f"waiting costs {extra:.1f} statements/s; p99 is {ratio:.1f} times as long; {dict(beside.told)}")  # noqa: T201 (its purpose)
    return int(ratio > LONGEST_P99_RATIO)


if __name__ == "__main__":
    raise SystemExit(main())
