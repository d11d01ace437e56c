"""Handling events: the real worker with inbox and an effect, a Celery no-op with the same pool, a plain consumer."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from benchmarks import figures, queues
from benchmarks.figures import Sample
from benchmarks.results import Section
from benchmarks.rooms import Inside, inside
from benchmarks.stage import Stage
from benchmarks.turns import in_turn

NAME = "handling"
STORES = ("postgres", "rabbitmq", "valkey")
LONELY = ("--without-gossip", "--without-mingle", "--without-heartbeat")
_OURS, _NOOP, _PLAIN = "worker: inbox and effect", "Celery no-op, same pool", "plain consumer"
_CHILDREN = "2"
_WHERE = (
    "Where the CPU of an event goes (ms on a busy machine, beside the no-op's): the pool's process 0.95 (0.8), which"
    " is Celery's loop and its pipes; the child 1.5 (0.45). There ours calls 601 functions and makes four round trips,"
    " BEGIN, inbox, effect and COMMIT, which take it two thirds of its time. Tried: psycopg's pipelines for the first"
    " statement, for the last, for all: 0.26 to 0.36 ms for a transaction of 0.19; prepared statements past psycopg: 2"
    " % of a handler's CPU; BEGIN and COMMIT past it: 6 % of the child's, not worth its lines. What is left is to"
    " handle several events in one task and one transaction, where one that fails or kills its child would take its"
    " neighbours along."
)


def measure(stage: Stage) -> Section:
    """Measure all three in turn, each alone with its queue."""
    stage.migrate("catalog")
    section = Section(name=NAME, title="Handling events")
    count = 300 if stage.quick else 4000
    with inside(stage, "catalog", "relaying") as catalog, queues.channel(stage.stores.broker_url) as opened:
        opened.queue_declare("noop", durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        ours = partial(stage.background, "catalog", "worker", WORKER_PROCESSES=_CHILDREN)
        consumers: dict[str, tuple[Callable[[], AbstractContextManager[int]], str]] = {
            _OURS: (ours, "catalog.events"),
            _NOOP: (partial(noop, stage, "catalog", _CHILDREN), "noop"),
            _PLAIN: (partial(_plain, stage), "noop"),
        }
        if stage.quick:
            del consumers[_PLAIN]
        contenders = {
            name: _worked(partial(fill, stage, catalog, opened, count, queue=queue), run, opened, queue)
            for name, (run, queue) in consumers.items()
        }
        samples = in_turn(contenders, rounds=stage.rounds, warm_up=False)
    section.contenders(samples, unit="events")
    rates = {name: [each.per_core for each in taken] for name, taken in samples.items()}
    section.ratio("event handled / Celery no-op, CPU", figures.ratio(rates[_OURS], rates[_NOOP]))
    section.notes.append(
        "The queue is full before; measured is how fast its last nine tenths go. Two children each, prefetch 1, late"
        " acknowledgement, quorum queues. Ours writes the inbox row and the effect in one transaction; its pool and"
        " its two children share one core, which is why the CPU of an event counts and not the clock."
    )
    section.notes.append(_WHERE)
    return section


def _worked(
    fill: Callable[[], None], run: Callable[[], AbstractContextManager[int]], opened: Any, queue: str
) -> Callable[[], Sample]:
    """Return what fills a queue, starts its consumer and waits until it is empty."""

    def worked() -> Sample:
        fill()
        with run() as pid:
            return queues.drained(opened, queue, pid=pid)

    return worked


def fill(stage: Stage, catalog: Inside, opened: Any, count: int, *, queue: str) -> None:
    """Have so many events in a queue, and none handled."""
    ours = {"task": "plaza.deliver", "exchange": "plaza.events", "key": "catalog.retry"}
    noops = {"task": "noop", "exchange": "", "key": "noop"}
    opened.queue_purge(queue)
    stage.execute("catalog", "TRUNCATE events_inbox")
    catalog("registrations", count=count, **(noops if queue == "noop" else ours))


def noop(stage: Stage, name: str, children: str) -> AbstractContextManager[int]:
    """Run the no-op's worker."""
    command = [sys.executable, "-m", "celery", "-A", "benchmarks.peers.noop", "worker", "-c", children, *LONELY]
    return stage.running("noop.worker", [*command, "-l", "WARNING"], stage.environment(name))


def _plain(stage: Stage) -> AbstractContextManager[int]:
    """Run the plain consumer."""
    command = [sys.executable, "-m", "benchmarks.peers.plain_consumer", "noop"]
    return stage.running("plain", command, stage.environment("catalog"))
