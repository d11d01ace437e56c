"""More processes: throughput with one, two and four web workers, and with one, two and four children of a worker."""

import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks import figures, machine, plots, queues, wrk
from benchmarks.figures import Sample
from benchmarks.results import Section
from benchmarks.rooms import inside
from benchmarks.sections import handling, reads
from benchmarks.stage import Stage
from benchmarks.turns import Contender, in_turn

NAME = "scaling"
STORES = ("postgres", "rabbitmq", "valkey")
_NUMBERS = (1, 2, 4)
_HOT, _UNCACHED, _EVENTS = "hot detail", "uncached detail", "event handled"


def measure(stage: Stage) -> Section:
    """Measure every number of processes in turn, on all cores of the machine."""
    stage.migrate("catalog")
    slug = reads.loaded(stage)
    section = Section(name=NAME, title="Scaling")
    cores = machine.all_cores()
    with ExitStack() as running:
        customers = running.enter_context(inside(stage, "catalog", "customers"))
        stage.trust(customers("jwks"))
        contenders: dict[str, Contender] = {}
        for number in _NUMBERS:
            server = running.enter_context(stage.web("catalog", WEB_WORKERS=str(number)))
            _spread(server.pid, cores)
            for name, headers in ((_HOT, {}), (_UNCACHED, {"API-Version": "v2"})):
                load = wrk.Load(url=f"{server.url}/api/v2/products/{slug}/", headers=headers, connections=32)
                stage.answer(load.url, headers)
                contenders[f"{name}, {number}"] = partial(wrk.run, load, seconds=2, server=[server.pid])
        samples = in_turn(contenders, rounds=stage.rounds)
    events = {f"{_EVENTS}, {number}": partial(_handled, stage, number) for number in _NUMBERS}
    samples |= in_turn(events, rounds=min(stage.rounds, 3), warm_up=False)
    section.contenders(samples, unit="done")
    rates = {name: [each.rate for each in taken] for name, taken in samples.items()}
    for name in (_HOT, _UNCACHED, _EVENTS):
        section.ratio(f"{name}, 2 processes / 1", figures.ratio(rates[f"{name}, 2"], rates[f"{name}, 1"]))
    section.notes.append(
        "By the clock, on all cores, which server, stores and load generator share: on two cores two processes cannot"
        " do twice the work of one. The number is that of web workers (four threads each) or of a worker's children."
    )
    return section


def draw(section: Section, folder: Path) -> None:
    """Draw throughput by the number of processes, as multiples of one process."""
    rates = {row[0]: float(row[1].replace(",", "")) for row in section.rows}
    series = {
        name: [rates[f"{name}, {number}"] / rates[f"{name}, 1"] for number in _NUMBERS]
        for name in (_HOT, _UNCACHED, _EVENTS)
    }
    ticks = [f"{number} processes" if number > 1 else "1 process" for number in _NUMBERS]
    plots.lines(folder / "scaling.svg", title="throughput, one process = 1", ticks=ticks, series=series)
    section.plots = {"scaling.svg": "Throughput by the number of processes"}


def _spread(pid: int, cores: set[int]) -> None:
    """Let a process and its children run on all cores."""
    for process in machine.family(pid):
        os.sched_setaffinity(process.pid, cores)


def _handled(stage: Stage, children: int) -> Sample:
    """Return how fast a worker with so many children empties its queue."""
    with inside(stage, "catalog", "relaying") as catalog, queues.channel(stage.stores.broker_url) as opened:
        handling.fill(stage, catalog, opened, 600 if stage.quick else 3000, queue="catalog.events")
        with stage.background("catalog", "worker", WORKER_PROCESSES=str(children)) as pid:
            _spread(pid, machine.all_cores())
            return queues.drained(opened, "catalog.events", pid=pid)
