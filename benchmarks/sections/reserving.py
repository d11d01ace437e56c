"""Reserving stock under concurrency: one statement for all lines, against select_for_update line by line."""

from collections.abc import Callable

import psycopg

from benchmarks import figures, products
from benchmarks.figures import Sample
from benchmarks.results import Section
from benchmarks.rooms import Inside, inside
from benchmarks.stage import Stage
from benchmarks.turns import in_turn

_WHERE = (
    "Where the time of a hot product goes: each order holds the product's row from the statement that reserves until"
    " its COMMIT is on the disk, and in between the outbox's row is written. What eight such threads reach at most is"
    " one UPDATE of that row and a COMMIT, with nothing around it: 730 to 1,090 a second on a busy machine, which is"
    " six times line by line; ours reached 370 to 475 there, with reservation, line and event. Without waiting for the"
    " disk (synchronous_commit off, for the trial only) 355 to 490: it is round trips, and the Python process, which"
    " an order takes for 1.2 to 1.5 ms of its core. There 1,000 products end too, at some 600. Five times line by line"
    " would be nine tenths of the bare UPDATE: only several orders in one transaction reach that, and what speaks"
    " against them is told beside the handling of events. Not done: the event's row by the same statement saves a"
    " round trip under the lock and would say the contract a second time, in SQL; slots of stock (PostgreSQL's SKIP"
    " LOCKED) spread the waiting and refuse the last units while other slots have them."
)
NAME = "reserving"
STORES = ("postgres", "rabbitmq", "valkey")
_CLIENTS = 8
_PRODUCTS = 1000
_CASES = {"1 hot product": (1, 1), "1000 products": (_PRODUCTS, 1), "25 lines": (_PRODUCTS, 25)}
_OURS, _THEIRS = "ours", "line by line"


def measure(stage: Stage) -> Section:
    """Measure each case in turn."""
    stage.migrate("catalog")
    with psycopg.connect(stage.database("catalog")) as connection, connection.cursor() as cursor:
        if cursor.execute("SELECT NOT EXISTS (SELECT FROM product)").fetchone() == (True,):
            products.load(cursor, count=_PRODUCTS)
    section = Section(name=NAME, title="Reserving stock")
    deadlocks: dict[str, int] = {}
    with inside(stage, "catalog", "reserving") as catalog:
        contenders = {
            f"{case}, {kind}": _reserving(stage, catalog, kind, case, deadlocks)
            for case in _CASES
            for kind in (_OURS, _THEIRS)
        }
        samples = in_turn(contenders, rounds=stage.rounds, warm_up=not stage.quick)
        catalog("emptied")
    section.contenders(samples, unit="orders")
    rates = {name: [each.rate for each in taken] for name, taken in samples.items()}
    for case in _CASES:
        ratio = figures.ratio(rates[f"{case}, {_OURS}"], rates[f"{case}, {_THEIRS}"])
        section.ratio(f"reserve {case} / line by line", ratio)
    section.ratio("deadlocks", sum(count for name, count in deadlocks.items() if name.endswith(_OURS)))
    section.notes.append(
        f"{_CLIENTS} threads of one process, which has a core; PostgreSQL has another. Both sides write the same rows"
        " and the same event; theirs takes the products in the order of their ids too. Rates are those of the clock,"
        " since it is the waiting that counts; the CPU is that of the Python process."
    )
    section.notes.append(_WHERE)
    return section


def _reserving(stage: Stage, catalog: Inside, kind: str, case: str, deadlocks: dict[str, int]) -> Callable[[], Sample]:
    """Return what reserves for one or two seconds."""
    number, lines = _CASES[case]

    def measured() -> Sample:
        catalog("emptied")
        seconds = 1 if stage.quick else 2
        found = catalog("run", kind=kind, clients=_CLIENTS, seconds=seconds, products=number, lines=lines)
        deadlocks[f"{case}, {kind}"] = deadlocks.get(f"{case}, {kind}", 0) + found["deadlocks"]
        return Sample(count=found["count"], seconds=found["seconds"], cpu=found["cpu"])

    return measured
