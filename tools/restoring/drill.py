"""The drill, step by step: back up under load, lose every database, restore, compare, go on, and look at everything."""

import asyncio
import dataclasses
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent import futures
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from devstack import config, ephemeral
from devstack.parts import postgres, service
from tools.chaos import checker, evidence
from tools.restoring import books
from tools.rolling import crowd, turn

FORMS = {"json": "jsonl.gz", "pg_dump": "dump"}
"""Format -> how its files end."""
SECONDS = 8.0
"""Of load before the backups, and after them."""
REST_SECONDS = 120.0
ON_THE_WAY = timedelta(minutes=10)
"""So old may an event be that was sent and not handled yet when the backups were made."""
LOST = "{}_lost"
PLACED = "orders.order_placed.v1"
_STAMP = re.compile(r"-(\d{8}T\d{6}\.\d{6}Z)\.")
_DUPLICATES = re.compile(r'^plaza_events_handled_total\{[^}]*outcome="duplicate"[^}]*\} ([0-9.e+]+)$', re.MULTILINE)
_UNSENT = "SELECT count(*) FROM events_outbox WHERE sent_at IS NULL AND dead_at IS NULL"
_OPEN = "SELECT count(*) FROM orders WHERE settled_at IS NULL"


@dataclasses.dataclass(kw_only=True)
class Result:
    """What the drill found out."""

    rows: list[books.Row]
    facts: dict[str, str]
    """Title -> figure."""
    faults: list[str]


class Failed(Exception):
    """A step could not be done; the text says which, and what was said."""


class Drill:
    """One drill on a system of its own.

    Args:
        system: with the demo data, running.
        folder: where the backups go.
        said: tells a line to whoever looks on.
    """

    def __init__(self, *, system: ephemeral.System, folder: Path, said: Callable[[str], None]) -> None:
        self._system, self._folder, self._said = system, folder, said
        self._addresses = {name: system.database_url(name) for name in config.SERVICES}
        self._result = Result(rows=[], facts={}, faults=[])

    def run(self, *, rate: float) -> Result:
        """Do all of it; raises Failed, DevstackError or ReplayError when a step cannot be done."""
        asyncio.run(self._load(rate))
        self._lose()
        for form in FORMS:
            self._restore(form)
        self._refuse_damage()
        self._go_on()
        return self._result

    async def _load(self, rate: float) -> None:
        self._said(f"load of {rate:g} orders/s; backups in both formats meanwhile")
        async with crowd.gathered(system=self._system, url=self._system.gateway_url, rate=rate) as customers:
            async with customers.busy():
                # as much as surely is in a snapshot, and then some that may be
                await asyncio.sleep(books.SURELY.total_seconds() + SECONDS)
                await asyncio.to_thread(self._back_up)
                await asyncio.sleep(SECONDS)
            self._result.facts["orders placed"] = f"{len(customers.history.placings):,}"

    def _back_up(self) -> None:
        """Participants first, orders last, so that nobody's backup knows of an order that orders' does not."""
        for form in FORMS:
            for name in config.SERVICES:
                self._manage(name, "backup_data", "--output-dir", str(self._folder), "--format", form, "--compress")

    def _lose(self) -> None:
        """Stop everything that serves, and put empty databases in the place of those that were."""
        for process in reversed(turn.ORDER):
            with futures.ThreadPoolExecutor() as pool:
                list(pool.map(self._system.remove, [f"{name}.{process}" for name in config.SERVICES]))
        with psycopg.connect(self._system.database_url("postgres"), autocommit=True) as server:
            for name in config.SERVICES:
                server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
                server.execute(f"ALTER DATABASE {name} RENAME TO {LOST.format(name)}")
        job = postgres.databases(stack=self._system.stack)
        _call(job.command, cwd=job.cwd, environment=job.environment)
        with futures.ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: self._manage(name, "migrate", "--no-input", owner=True), config.SERVICES))
        self._said("everything that serves is stopped; the databases are new and empty")

    def _restore(self, form: str) -> None:
        """Restore all three services from one format; the second takes the place of the first."""
        begun = time.monotonic()
        for name in config.SERVICES:
            self._manage(name, "restore_data", str(self._file(name, form)), "--flush", owner=True)
        self._result.facts[f"restored from {form}"] = f"{time.monotonic() - begun:.1f} s"
        for name, address in self._addresses.items():
            lost = self._system.database_url(LOST.format(name))
            taken_at = _taken_at(self._file(name, form))
            self._result.rows += books.compared(service=name, form=form, taken_at=taken_at, lost=lost, restored=address)
        wrong = [row for row in self._result.rows if row.form == form and not row.good]
        self._result.faults += [f"{row.service} {row.table} differs after {form}: {row}" for row in wrong]
        told = books.contradictions(addresses=self._addresses)
        self._result.faults += [f"after {form}: {one}" for one in told]

    def _refuse_damage(self) -> None:
        """Offer a file in which one bit is another."""
        good = self._file("users", "json")
        bad = self._folder / "damaged" / good.name
        bad.parent.mkdir()
        content = bytearray(good.read_bytes())
        content[len(content) // 2] ^= 1
        bad.write_bytes(content)
        shutil.copy(good.with_name(f"{good.name}.sha256"), bad.with_name(f"{bad.name}.sha256"))
        before = books.counted(self._addresses["users"], "SELECT count(*) FROM ledger_entries")
        try:
            self._manage("users", "restore_data", str(bad), "--flush", owner=True)
        except Failed:
            self._result.facts["a damaged file"] = "refused"
        else:
            self._result.faults.append("a damaged file was restored")
        if books.counted(self._addresses["users"], "SELECT count(*) FROM ledger_entries") != before:
            self._result.faults.append("a damaged file changed the database")

    def _go_on(self) -> None:
        """Start again, let everything since the oldest backup be sent once more, and wait until nothing moves."""
        files = [self._file(name, "pg_dump") for name in config.SERVICES]
        since = min(_taken_at(each) for each in files) - ON_THE_WAY
        facts = self._result.facts
        facts["unsent in the backups"] = f"{sum(self._count(_UNSENT).values()):,}"
        expected = books.handled_already(sent=self._addresses, since=since)
        again = ("resend_events", "--since", since.isoformat())
        self._manage("orders", *again, "--type", PLACED)  # first what holds the stock, for only that can be sold
        self._said("starting again on what was restored")
        for process in turn.ORDER:
            with futures.ThreadPoolExecutor() as pool:
                list(pool.map(self._start, [f"{name}.{process}" for name in config.SERVICES]))
        self._held()
        told = [self._manage(name, *again) for name in config.SERVICES]
        facts["sent again"] = f"{sum(int(each.split()[0]) for each in told):,}"
        self._result.faults += self._judge(self._quiet())
        duplicates = self._duplicates()
        facts["duplicates recognised"] = f"{duplicates:,}; {expected:,} events had been handled before"
        if not expected or duplicates < expected:
            self._result.faults.append(f"{expected} duplicates were to be recognised, {duplicates} were")

    def _start(self, name: str) -> None:
        built = service.build(stack=self._system.stack, service=name.partition(".")[0])
        self._system.add(next(one for one in built if one.name == name))

    def _held(self) -> None:
        """Wait until catalog has heard of every order that was placed; it is a fault when it has not in time."""
        deadline = time.monotonic() + REST_SECONDS
        orders, catalog = self._addresses["orders"], self._addresses["catalog"]
        while unheard := books.unheard(sender=orders, listener=catalog, kind=PLACED):
            if time.monotonic() > deadline:
                self._result.faults.append(f"catalog did not hear of {unheard} orders within {REST_SECONDS:g} s")
                return
            time.sleep(1)

    def _quiet(self) -> evidence.Evidence:
        """Wait until every event is sent and handled and every order settled, or the time is over; return what is."""
        deadline = time.monotonic() + REST_SECONDS
        while True:
            found = evidence.read(system=self._system)
            if not any(self._moving(found).values()) or time.monotonic() > deadline:
                return found
            time.sleep(2)

    def _moving(self, found: evidence.Evidence) -> dict[str, int]:
        return {
            "events are unsent": sum(self._count(_UNSENT).values()),
            "orders are not settled": books.counted(self._addresses["orders"], _OPEN),
            "events were never seen": sum(map(len, checker.unseen(found).values())),
            "events are tried again": sum(not row["dead"] for mail in found.mail.values() for row in mail.failed),
        }

    def _judge(self, found: evidence.Evidence) -> list[str]:
        """Return what is wrong once nothing moves."""
        wrong = self._moving(found) | {"events had an effect twice": len(found.twice)}
        self._result.facts["orders after the restore"] = f"{len(found.orders):,}"
        failed = [
            f"{name} could not handle {row['type']} {row['event_id']}: {row['error']}"
            for name, mail in found.mail.items()
            for row in mail.failed
        ]
        return (
            failed[:5]
            + [f"after the restore {number} {what}" for what, number in wrong.items() if number]
            + [f"{law} is broken: {rows[:2]}" for law, rows in found.findings.items()]
        )

    def _duplicates(self) -> int:
        """Return what the inboxes of the new workers have suppressed."""
        total = 0.0
        for name in config.SERVICES:
            url = f"http://127.0.0.1:{self._system.port(f'{name}.worker.management')}/metrics"
            with urllib.request.urlopen(url, timeout=10) as answer:
                total += sum(float(value) for value in _DUPLICATES.findall(answer.read().decode()))
        return int(total)

    def _count(self, query: str) -> dict[str, int]:
        return {name: books.counted(address, query) for name, address in self._addresses.items()}

    def _file(self, name: str, form: str) -> Path:
        (found,) = self._folder.glob(f"plaza-{name}-*.{FORMS[form]}")
        return found

    def _manage(self, name: str, *arguments: str, owner: bool = False) -> str:
        known = service.environment(stack=self._system.stack, service=name, owner=owner)
        environment = known | {"PG_BIN": str(postgres.binaries()), "LOG_FORMAT": "console"}
        cwd = config.ROOT / "services" / name
        return _call((sys.executable, "manage.py", *arguments), cwd=cwd, environment=environment)


def _taken_at(path: Path) -> datetime:
    """Return when a backup was begun."""
    found = _STAMP.search(path.name)
    if found is None:
        raise Failed(f"{path.name} has no time in its name")
    return datetime.strptime(found[1], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)


def _call(command: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> str:
    """Run a command and return what it printed; raises Failed."""
    done = subprocess.run(  # noqa: S603  (the services' own commands)
        command, cwd=cwd, env=dict(environment), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failed(f"{' '.join(command[1:4])}: {(done.stdout + done.stderr).strip()[-1000:]}")
    return done.stdout
