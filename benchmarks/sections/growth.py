"""What an order costs as the orders tables grow: the same service on databases of different sizes, in turn."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks import figures, many_orders, plots, wrk
from benchmarks.figures import Sample
from benchmarks.results import Section, number
from benchmarks.rooms import inside
from benchmarks.sections import placing
from benchmarks.stage import Server, Stage
from benchmarks.turns import in_turn, say

NAME = "growth"
STORES = ("postgres", "rabbitmq", "valkey")
_CHUNK = 250_000
# Orders of the last round; what was there before stays, so the tables keep their size.
_FORGET = (
    "DELETE FROM order_lines USING orders WHERE orders.id = order_id AND status = 'pending'",
    "DELETE FROM order_timeline USING orders WHERE orders.id = order_id AND status = 'pending'",
    "DELETE FROM orders WHERE status = 'pending'",
    "TRUNCATE events_outbox, http_idempotency",
    "VACUUM orders, order_lines, order_timeline",
)


def measure(stage: Stage) -> Section:
    """Place orders of three lines on databases of each size."""
    stage.migrate("orders")
    section = Section(name=NAME, title="An order as the tables grow")
    sizes = _sizes(100_000 if stage.quick else stage.rows)
    touched = []
    with ExitStack() as running:
        with inside(stage, "orders", "placing") as orders:
            stage.trust(orders("jwks"))
            tokens = placing.tokens_file(stage, orders)
            body = placing.body_file(stage, orders, 3)
        contenders = {}
        for size in sizes:
            name = _filled(stage, size)
            server = running.enter_context(stage.web("orders", DATABASE_URL=stage.database(name)))
            contenders[f"{size:,} orders"] = partial(_placed, stage, server, name, tokens, body)
            touched.append(_pages(stage, name))
        samples = in_turn(contenders, rounds=stage.rounds)
    section.contenders(samples, unit="orders")
    costs = [[each.cpu_ms for each in taken] for taken in samples.values()]
    section.ratio("cost of an order, largest tables / smallest", figures.ratio(costs[-1], costs[0]))
    section.ratio("pages of an order, largest tables / smallest", touched[-1] / touched[0])
    section.notes.append(
        f"Pages of tables and indexes that PostgreSQL touches for it: {', '.join(map(number, touched))}."
    )
    section.notes.append(f"CPU of web and PostgreSQL. The largest table has {sizes[-1]:,} orders, thrice the lines.")
    return section


def draw(section: Section, folder: Path) -> None:
    """Draw the cost by size."""
    ticks = [row[0] for row in section.rows]
    values = [float(row[3].replace(",", "")) for row in section.rows]
    plots.lines(folder / "growth.svg", title="CPU of an order, ms", ticks=ticks, series={"web + PostgreSQL": values})
    section.plots = {"growth.svg": "CPU milliseconds of an order by the number of orders that are there"}


def _sizes(largest: int) -> list[int]:
    """Return powers of ten up to the largest size, and that."""
    return [size for size in (10_000, 100_000, 1_000_000) if size < largest] + [largest]


def _pages(stage: Stage, name: str) -> float:
    """Return how many pages PostgreSQL touches for an order in a database."""
    with inside(stage, "orders", "costs", DATABASE_URL=stage.database(name), DATABASE_POOL_MAX="1") as orders:
        path = "order placed, 3 lines"
        return float(orders("measured", rounds=1, mutant="", only=path)[path]["pages"])


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


def _placed(stage: Stage, server: Server, name: str, tokens: Path, body: Path) -> Sample:
    """Place orders for one or two seconds; the CPU is that of web and PostgreSQL."""
    stage.execute(name, *_FORGET, "CHECKPOINT")
    load = wrk.Load(
        url=f"{server.url}/api/v2/orders/",
        headers={},
        script="orders.lua",
        arguments=[str(tokens), str(body)],
        connections=4,
    )
    return wrk.run(load, seconds=1 if stage.quick else 2, server=[server.pid, stage.postgres_pid()])
