"""The watch: looks once a second at invariants, outboxes, parts and counters while the run is on."""

import asyncio
import contextlib
import re
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import psycopg

from devstack import config, ephemeral
from devstack.member import GOOD
from tools.chaos import evidence

PERIOD = 1.0
ACROSS_EVERY = 3
"""Of so many looks one is at what the three services say about one order, which takes three new connections."""
FRESH_SECONDS = 2.0
"""An outbox whose oldest event is younger than this is keeping up."""
_DUPLICATES = re.compile(r'^plaza_events_handled_total\{[^}]*outcome="duplicate"[^}]*\} ([0-9.e+]+)$', re.MULTILINE)
_BACKLOG = """
SELECT coalesce(extract(epoch FROM now() - min(occurred_at)), 0)::float AS oldest, count(*) AS unsent,
       (SELECT count(*) FROM events_failed WHERE dead_at IS NULL) AS retrying
  FROM events_outbox WHERE sent_at IS NULL AND dead_at IS NULL
"""
_OPEN = "SELECT count(*) AS open FROM orders WHERE settled_at IS NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How the system was at one moment; at is in seconds of the monotonic clock."""

    at: float
    unready: tuple[str, ...]
    unseen: tuple[str, ...]
    """Services whose database could not be looked at."""
    oldest: float
    unsent: int
    retrying: int
    unsettled: int

    @property
    def well(self) -> bool:
        """Tell whether every part works and no outbox is behind."""
        return not self.unready and not self.unseen and self.oldest < FRESH_SECONDS

    @property
    def restless(self) -> str:
        """Say what still moves; empty when nothing does."""
        said = {
            "not ready: " + ", ".join(self.unready): self.unready,
            "no answer from the database of " + ", ".join(self.unseen): self.unseen,
            f"{self.unsent} events unsent": self.unsent,
            f"{self.retrying} events waiting for a retry": self.retrying,
            f"{self.unsettled} orders not settled": self.unsettled,
        }
        return "; ".join(text for text, there in said.items() if there)


@dataclass(kw_only=True)
class Log:
    """What the watch saw."""

    samples: list[Sample] = field(default_factory=list)
    violations: dict[str, list[Any]] = field(default_factory=dict)
    looks: int = 0
    """How often the invariants of a service, or those between them, were looked at."""
    duplicates: dict[str, float] = field(default_factory=dict)

    @property
    def suppressed(self) -> int:
        """Return how many duplicates the inboxes have suppressed."""
        return int(sum(self.duplicates.values()))


class Watch:
    """Looks at a system while the block runs; `log` is what it saw."""

    def __init__(self, *, system: ephemeral.System, said: Callable[[str], None]) -> None:
        self.log = Log()
        self._system, self._said = system, said
        self._connections: dict[str, psycopg.Connection[evidence.Row]] = {}
        self._sql = {name: evidence.invariants(service=name, shared=False) for name in config.SERVICES}
        self._last: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin."""
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """End, and close the connections."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for connection in self._connections.values():
            connection.close()

    async def calm(self, *, seconds: float, wanted: Callable[[Sample], bool]) -> Sample | None:
        """Wait for a new sample that is as wanted; None when the time is over."""
        deadline = time.monotonic() + seconds
        seen = len(self.log.samples)
        while time.monotonic() < deadline:
            if any(wanted(sample) for sample in self.log.samples[seen:]):
                return self.log.samples[-1]
            seen = len(self.log.samples)
            await asyncio.sleep(PERIOD / 4)
        return None

    async def _run(self) -> None:
        while True:
            started = time.monotonic()
            await asyncio.to_thread(self._look)
            await asyncio.sleep(max(0.0, started + PERIOD - time.monotonic()))

    def _look(self) -> None:
        at = time.monotonic()
        seen = {name: self._database(name) for name in config.SERVICES}
        if len(self.log.samples) % ACROSS_EVERY == 0:
            with contextlib.suppress(psycopg.OperationalError):
                self._judge(evidence.across(system=self._system))
        for name in config.SERVICES:
            self._count(name)
        known = [row for row in seen.values() if row]
        parts = self._system.parts()
        self.log.samples.append(
            Sample(
                at=at,
                unready=tuple(
                    f"{name} {part['note']}".strip()
                    for name, part in sorted(parts.items())
                    if part["status"] not in GOOD
                ),
                unseen=tuple(name for name, row in seen.items() if row is None),
                oldest=max((row["oldest"] for row in known), default=0.0),
                unsent=sum(row["unsent"] for row in known),
                retrying=sum(row["retrying"] for row in known),
                unsettled=sum(row.get("open", 0) for row in known),
            )
        )

    def _database(self, name: str) -> evidence.Row | None:
        """Look at a service's database; None when it does not answer."""
        try:
            connection = self._connections.get(name)
            if connection is None or connection.closed:
                connection = self._connections[name] = evidence.connect(system=self._system, service=name)
            row = connection.execute(_BACKLOG).fetchone() or {}
            if name == "orders":
                row |= connection.execute(_OPEN).fetchone() or {}
            self._audit(connection, name)
        except psycopg.OperationalError:
            self._connections.pop(name, None)
            return None
        return row

    def _audit(self, connection: "psycopg.Connection[evidence.Row]", name: str) -> None:
        broken = evidence.audit(connection, service=name, sql=self._sql[name])
        if name == "orders" and (twice := connection.execute(evidence.TWICE).fetchmany(5)):
            broken["orders.event_handled_once"] = twice
        self._judge(broken)

    def _judge(self, broken: Mapping[str, list[evidence.Row]]) -> None:
        self.log.looks += 1
        for invariant, rows in broken.items():
            if invariant not in self.log.violations:
                self.log.violations[invariant] = rows
                self._said(f"! {invariant} is broken: {rows[0]}")

    def _count(self, name: str) -> None:
        """Read the worker's counter of duplicates; it starts again at nothing with the worker."""
        url = f"http://127.0.0.1:{self._system.port(f'{name}.worker.management')}/metrics"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=1) as answer:
            now = sum(float(value) for value in _DUPLICATES.findall(answer.read().decode()))
            before = self._last.get(name, 0.0)
            grown = now - before if now >= before else now
            self.log.duplicates[name] = self.log.duplicates.get(name, 0.0) + grown
            self._last[name] = now
