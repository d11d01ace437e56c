"""A retailer's orders through the gateway of a whole system: how many a second, and what CPU one takes in all."""

import asyncio
import io
import os
import random
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from rich.console import Console

from benchmarks import machine
from benchmarks.figures import Sample
from benchmarks.results import Section, number
from benchmarks.stage import Stage
from benchmarks.turns import say
from devstack import demo, ephemeral
from tools.replay import parse, plan, run, stack

NAME = "replaying"
STORES = ()
_ORDERS, _FEW, _LINES = 400, 60, 25
_CUSTOMERS, _THINGS = 16, 500
_CORES = 2
_WIDTH = 200
TOLD = re.compile(r"throughput ([\d.]+) orders/s; from POST to final p50 (\d+) ms, p99 (\d+) ms")
HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
_WHERE = (
    "Where the CPU of an order went (ms of 83.5, on a busy machine): PostgreSQL 18.9; orders' worker 15.2, for three"
    " events, and web 12.1; RabbitMQ 11.7, with six messages in quorum queues; catalog's worker 10.2, for two events;"
    " users' worker 5.8; the relays 6.5; gateway and Valkey 1.3 each. Twice the orders would have to cost half of all"
    " of it. Of the workers' 31 ms 6 are the process that Celery's pool puts between broker and child; most of the"
    " rest, and of PostgreSQL's, is round trips, of which an order has some fifty. Only handling several events in one"
    " transaction would save them by the dozen; what speaks against it is told beside the handling of events."
)


def measure(stage: Stage) -> Section:
    """Replay made-up invoices on a system of its own, which has the whole machine."""
    section = Section(name=NAME, title="A retailer's orders")
    os.sched_setaffinity(0, machine.all_cores())
    with ephemeral.system() as system, tempfile.TemporaryDirectory() as folder:
        _replayed(system, Path(folder), first=0, count=_FEW)  # warms up
        sample, told = _replayed(system, Path(folder), first=_FEW, count=_FEW if stage.quick else _ORDERS)
    section.contenders({f"orders of {_LINES} lines": [sample]}, unit="orders")
    section.ratio("orders settled a second, 25 lines, replay on the whole machine", sample.rate)
    section.ratio("orders settled a second that two cores could bear, by CPU", _CORES * sample.per_core)
    section.notes.append(
        f"{_ORDERS} invoices of {_CUSTOMERS} customers, 16 at once, from the first request until the last order is"
        f" settled; from POST to final p50 {told[1]} ms, p99 {told[2]} ms. The CPU is that of"
        " every process of the system in that time, stores and gateway included, without the client's; the products"
        " were imported and the customers logged in before."
    )
    section.notes.append(_WHERE)
    return section


def _replayed(system: ephemeral.System, folder: Path, *, first: int, count: int) -> tuple[Sample, tuple[str, ...]]:
    """Replay so many invoices; returns what their orders took and what the client told, raises RuntimeError."""
    path = folder / f"invoices-{first}.csv"
    path.write_text("\n".join([HEAD, *rows(first, count)]) + "\n", encoding="utf-8")
    shown, spent = io.StringIO(), list[float]()
    replayed = run.replay(
        wanted=plan.make(sheet=parse.read(path=path), limit=None, stock=Decimal(1)),
        target=stack.target(base_url=system.gateway_url, email=demo.STAFF, password=system.password),
        options=run.Options(watch=_metered(system, spent)),
        console=Console(file=shown, width=_WIDTH),
    )
    balanced, told = asyncio.run(replayed), TOLD.search(shown.getvalue())
    if not balanced or not told:
        raise RuntimeError(shown.getvalue())
    say(f"    {told.group()}; {number(1000 * spent[0] / count)} ms CPU")
    return Sample(count=count, seconds=count / float(told[1]), cpu=spent[0]), told.groups()


@contextmanager
def _metered(system: ephemeral.System, spent: list[float]) -> Iterator[None]:
    """Append to a list the CPU seconds of all parts of a system while the block runs."""
    pids = [part["pid"] for part in system.parts().values() if part.get("pid")]
    before = machine.cpu_seconds(*pids)
    yield
    spent.append(machine.cpu_seconds(*pids) - before)


def rows(first: int, count: int) -> Iterator[str]:
    """Yield the lines of invoices, each of other things.

    Args:
        first: number of the first invoice; the same gives the same lines.
        count: of invoices.
    """
    dice = random.Random(first)  # noqa: S311 (the same at each run)
    for invoice in range(first, first + count):
        customer = 13000 + invoice % _CUSTOMERS
        for thing in dice.sample(range(_THINGS), _LINES):
            price = f"{1 + thing % 9}.25"
            row = f"{536000 + invoice},S{thing:03},THING {thing},{dice.randint(1, 9)},2010-12-01 08:26:00,{price}"
            yield f"{row},{customer}.0,France"
