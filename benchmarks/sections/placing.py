"""Placing orders by HTTP with an Idempotency-Key, against pgbench, which says the same statements to PostgreSQL."""

import re
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import figures, machine, wrk
from benchmarks.figures import Sample
from benchmarks.results import Section, number
from benchmarks.rooms import Inside, inside
from benchmarks.stage import Server, Stage
from benchmarks.turns import Contender, in_turn
from devstack.parts import postgres

NAME = "placing"
STORES = ("postgres", "rabbitmq", "valkey")
CUSTOMERS = 8000
_CLIENTS = 8
_SIZES = (3, 25)
_CONTROL = ("BEGIN", "COMMIT")
EMPTY = "TRUNCATE orders, order_lines, order_timeline, events_outbox, http_idempotency"
_WHERE = (
    "Where a request's time goes (cProfile in one process, 25 lines, 4,055 functions): its seven statements 0.28, of"
    " which the savepoint that lets a refusal be stored has 0.06, COMMIT 0.11, verifying the token 0.09, the body and"
    " its checks 0.10, the hint 0.03; the rest is the way through Django and the framework to the view and back, the"
    " answer and its line of log."
)


def measure(stage: Stage) -> Section:
    """Measure orders of 3 and of 25 lines in turn with pgbench."""
    stage.migrate("orders")
    section = Section(name=NAME, title="Placing an order")
    with inside(stage, "orders", "placing") as orders:
        stage.trust(orders("jwks"))
        tokens = tokens_file(stage, orders)
        told = {lines: orders("statements", lines=lines) for lines in _SIZES}
        scripts = {lines: stage.scratch / f"order-{lines}.sql" for lines in _SIZES}
        for lines, path in scripts.items():
            path.write_text(orders("script", told=told[lines]), encoding="utf-8")
        bodies = {lines: body_file(stage, orders, lines) for lines in _SIZES}
    with stage.web("orders") as server:
        costs: dict[str, list[tuple[float, float]]] = {}
        contenders: dict[str, Contender] = {}
        for lines in _SIZES:
            place = placing(stage, server, tokens, bodies[lines])
            contenders[f"order of {lines} lines"] = _counted(stage, f"order of {lines} lines", place, costs)
            bench = partial(_pgbench, stage, scripts[lines])
            contenders[f"pgbench, {lines} lines"] = _counted(stage, f"pgbench, {lines} lines", bench, costs)
        samples = in_turn(contenders, rounds=stage.rounds, warm_up=not stage.quick)
    section.contenders(samples, unit="orders")
    _ratios(section, {name: taken[-stage.rounds :] for name, taken in costs.items()})
    section.notes.append(_WHERE)
    _count(section, told)
    return section


def _ratios(section: Section, costs: dict[str, list[tuple[float, float]]]) -> None:
    """Compare the CPU of each order: of PostgreSQL, and of all."""
    database = {name: [each[0] for each in taken] for name, taken in costs.items()}
    total = {name: [sum(each) for each in taken] for name, taken in costs.items()}
    for lines in _SIZES:
        ours, theirs = f"order of {lines} lines", f"pgbench, {lines} lines"
        section.ratio(f"{ours} / pgbench, CPU of PostgreSQL", figures.ratio(database[theirs], database[ours]))
        section.ratio(f"{ours} / pgbench, CPU of web and PostgreSQL", figures.ratio(database[theirs], total[ours]))
    section.ratio("25 lines / 3 lines, CPU", figures.ratio(total["order of 25 lines"], total["order of 3 lines"]))
    shares = ", ".join(f"{name}: {number(1000 * figures.figure(database[name]).value)} ms" for name in database)
    section.notes.append(f"CPU of PostgreSQL for an order: {shares}. The table's CPU is that of web and PostgreSQL.")


def _count(section: Section, told: dict[int, list[str]]) -> None:
    """Note how many statements an order takes."""
    counts = {lines: sum(each not in _CONTROL for each in statements) for lines, statements in told.items()}
    section.ratio("statements of an order between BEGIN and COMMIT, 3 lines", counts[3])
    section.ratio("statements of an order between BEGIN and COMMIT, 25 lines", counts[25])
    section.notes.append(
        "pgbench says what was recorded from the service, with prepared statements and ids that differ; a target for"
        " all CPU can hardly be reached, since pgbench parses no request, verifies no token and writes no log."
    )


def _counted(
    stage: Stage, name: str, measure: Contender, costs: dict[str, list[tuple[float, float]]]
) -> Callable[[], Sample]:
    """Add the CPU of PostgreSQL to a sample, and keep both apart: database, rest."""
    postgres_pid = stage.postgres_pid()

    def counted() -> Sample:
        stage.execute("orders", EMPTY, "CHECKPOINT")
        before = machine.cpu_seconds(postgres_pid)
        sample = measure()
        database = machine.cpu_seconds(postgres_pid) - before
        costs.setdefault(name, []).append((database / sample.count, sample.cpu / sample.count))
        return Sample(count=sample.count, seconds=sample.seconds, cpu=sample.cpu + database)

    return counted


def placing(stage: Stage, server: Server, tokens: Path, body: Path) -> Contender:
    """Return what places orders for one or two seconds, each by another customer under a key of its own."""
    load = wrk.Load(
        url=f"{server.url}/api/v2/orders/",
        headers={},
        script="orders.lua",
        arguments=[str(tokens), str(body)],
        connections=_CLIENTS,
    )
    return partial(wrk.run, load, seconds=1 if stage.quick else 2, server=[server.pid])


def tokens_file(stage: Stage, orders: Inside) -> Path:
    """Write the tokens of many customers, one a line."""
    path = stage.scratch / "tokens"
    path.write_text("\n".join(each["token"] for each in orders("signed", count=CUSTOMERS)), encoding="utf-8")
    return path


def body_file(stage: Stage, orders: Inside, lines: int) -> Path:
    """Write an order of so many lines."""
    path = stage.scratch / f"order-{lines}.json"
    path.write_text(orders("body", lines=lines), encoding="utf-8")
    return path


def _pgbench(stage: Stage, script: Path) -> Sample:
    """Say the statements of an order again and again for one or two seconds."""
    plan = ["-n", "-M", "prepared", "-c", str(_CLIENTS), "-j", "1", "-T", "1" if stage.quick else "2"]
    command = [str(postgres.binaries() / "pgbench"), *plan, "-f", str(script), stage.database("orders")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    found = re.search(r"actually processed: (\d+)", done.stdout)
    spent = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or not found or not spent:
        raise RuntimeError(done.stdout + done.stderr)
    return Sample(count=int(found[1]), seconds=int(found[1]) / float(spent[1]))
