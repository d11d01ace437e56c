"""What an order costs as the orders tables grow: the same service on databases of different sizes, in turn."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks import figures, many_orders, plots
from benchmarks.figures import Sample
from benchmarks.results import Section, number
from benchmarks.rooms import Inside, inside
from benchmarks.stage import Stage
from benchmarks.turns import in_turn, say

NAME = "growth"
STORES = ("postgres", "rabbitmq", "valkey")
_CHUNK = 250_000
_COUNT = 200  # acts in a round
_PLACED, _SETTLED = "order placed, 3 lines", "order settled, its three answers"


def measure(stage: Stage) -> Section:
    """Place and settle orders of three lines on databases of each size."""
    stage.migrate("orders")
    section = Section(name=NAME, title="An order as the tables grow")
    sizes = _sizes(100_000 if stage.quick else stage.rows)
    names = {size: _filled(stage, size) for size in sizes}
    with ExitStack() as running:
        rooms = {size: running.enter_context(_room(stage, names[size])) for size in sizes}
        touched = {size: room("measured", rounds=1, mutant="", only=_PLACED)[_PLACED] for size, room in rooms.items()}
        stage.execute("orders", "CHECKPOINT")
        contenders = {
            f"{size:,} orders, {path}": partial(_repeated, rooms[size], path)
            for size in sizes
            for path in (_PLACED, _SETTLED)
        }
        samples = in_turn(contenders, rounds=stage.rounds)
    section.contenders(samples, unit="orders")
    _ratios(section, sizes, samples)
    pages = [each["pages"] for each in touched.values()]
    section.ratio("pages of an order, largest tables / smallest", pages[-1] / pages[0])
    section.notes.append(
        "One after the other, in one process without a server: CPU of its thread and of its PostgreSQL backend"
        f" together. The largest table has {sizes[-1]:,} orders, thrice the lines. To place one, PostgreSQL touches"
        f" {', '.join(map(number, pages))} pages of tables and indexes, by size. Before an order is settled, it is"
        " placed; that has its part in the second figure."
    )
    return section


def _ratios(section: Section, sizes: Sequence[int], samples: Mapping[str, Sequence[Sample]]) -> None:
    """Compare an order's whole cost on the largest tables to that on the smallest, round by round."""
    whole = {}
    for size in (sizes[0], sizes[-1]):
        parts = [samples[f"{size:,} orders, {path}"] for path in (_PLACED, _SETTLED)]
        whole[size] = [sum(each.cpu_ms for each in taken) for taken in zip(*parts, strict=True)]
    section.ratio("cost of an order, largest tables / smallest", figures.ratio(whole[sizes[-1]], whole[sizes[0]]))


def draw(section: Section, folder: Path) -> None:
    """Draw the cost by size."""
    series: dict[str, list[float]] = {}
    ticks: list[str] = []
    for row in section.rows:
        size, _, path = row[0].partition(", ")
        ticks += [] if size in ticks else [size]
        series.setdefault(path.partition(",")[0], []).append(float(row[3].replace(",", "")))
    plots.lines(folder / "growth.svg", title="CPU of an order, ms", ticks=ticks, series=series)
    section.plots = {"growth.svg": "CPU milliseconds of an order by the number of orders that are there"}


def _sizes(largest: int) -> list[int]:
    """Return powers of ten up to the largest size, and that."""
    return [size for size in (10_000, 100_000, 1_000_000) if size < largest] + [largest]


def _room(stage: Stage, name: str) -> AbstractContextManager[Inside]:
    """Run a process of orders on a database."""
    return inside(stage, "orders", "costs", DATABASE_URL=stage.database(name), DATABASE_POOL_MAX="1")


def _repeated(room: Inside, path: str) -> Sample:
    """Take a path again and again."""
    return Sample(**room("repeated", path=path, count=_COUNT))


def _filled(stage: Stage, size: int) -> str:
    """Make a database like that of orders with so many of them; returns its name."""
    name = f"orders_{size}"
    with psycopg.connect(stage.database("postgres"), autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE orders")
        connection.execute(statement.format(sql.Identifier(name)))
    for first in range(1, size + 1, _CHUNK):
        many_orders.load(stage.database(name), count=min(_CHUNK, size + 1 - first), first=first)
        say(f"    {name}: {number(min(first + _CHUNK - 1, size))}")
    return name
