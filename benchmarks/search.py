"""`python -m benchmarks.search --server URL`: how long searches take with ten thousand and with a million products.

Makes a database of each size on the server (a PostgreSQL URL with the right to create databases), measures every kind
of query warm through the code that answers the API, prints the table, and drops the databases unless told to keep them.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from benchmarks import products

SIZES = (10_000, 1_000_000)
LIMIT_MS, LIMIT_RATIO = 50, 2
TURNS = 3  # of each database, one after the other
ROUNDS, OFTEN = 3, 12  # of all kinds in a turn, calls of each in a round: so what is slow for a moment is so for all
SHORT = 5  # letters

# What the settings ask for and nothing here uses.
_ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "catalog.settings",
    "BROKER_URL": "amqp://127.0.0.1:1//",
    "CACHE_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "of a benchmark, nothing is signed with it",
    "LOG_LEVEL": "ERROR",
}

Query = Mapping[str, str]
DEEP: Mapping[str, Query] = {
    "deep page by price": {"ordering": "price"},
    "deep page, newest": {},
    "deep page by name": {"ordering": "name"},
}
Times = dict[str, list[float]]  # milliseconds by CLOCK, and of CPU: of this process and of PostgreSQL's that serves it
CLOCK, CPU = "clock", "cpu"


def kinds(words: Sequence[str], branches: Mapping[int, Sequence[str]]) -> dict[str, list[Query]]:
    """Return the kinds of queries, each with examples.

    Args:
        words: of names, the commonest first.
        branches: slugs of categories by level.
    """
    common, middling, rare = words[:10], words[100:110], words[-10:]
    typos = [f"{word[:2]}{word[3:]}{word[2]}" for word in words[20:120] if len(word) > SHORT][:10]
    return {
        "word, the commonest": [{"search": word} for word in common],
        "word, middling": [{"search": word} for word in middling],
        "word, rare": [{"search": word} for word in rare],
        "number in a name": [{"search": str(number)} for number in range(4000, 4010)],
        "sku": [{"search": f"SKU{number:08}"} for number in range(4000, 4010)],
        "two words": [{"search": f"{a} {b}"} for a, b in zip(common, middling, strict=True)],
        "either of two": [{"search": f"{a} or {b}"} for a, b in zip(rare, middling, strict=True)],
        "phrase": [{"search": f'"{a} {b}"'} for a, b in itertools.pairwise(common)],
        "word without another": [{"search": f"{a} -{b}"} for a, b in zip(middling, common, strict=True)],
        "mistyped word": [{"search": word} for word in typos],
        "two mistyped words": [{"search": f"{a} {b}"} for a, b in itertools.pairwise(typos)],
        "nothing like it": [{"search": f"qxzvw{word}jkq"} for word in ("a", "e", "i", "o")],
        "word by price": [{"search": word, "ordering": "price"} for word in (*common[:5], *rare[:5])],
        "word in a category": [{"search": a, "category": b} for a, b in zip(common, branches[1], strict=False)],
        "newest": [{}],
        "by price": [{"ordering": "price"}, {"ordering": "-price"}],
        "by name": [{"ordering": "name"}],
        "range of prices": [{"min_price": "9.50", "max_price": "10.50", "ordering": "price"}],
        "range of prices, newest": [{"min_price": low, "max_price": str(int(low) + 5)} for low in ("5", "40", "190")],
        "upper category by price": [{"category": slug, "ordering": "price"} for slug in branches[0][:10]],
        "middle category, newest": [{"category": slug} for slug in branches[1][:10]],
        "lowest category by price": [{"category": slug, "ordering": "-price"} for slug in branches[2][:10]],
        "lowest category by name": [{"category": slug, "ordering": "name"} for slug in branches[2][:10]],
        "out of stock": [{"in_stock": "false"}, {"in_stock": "false", "ordering": "price"}],
        "in stock by name": [{"in_stock": "true", "ordering": "name"}],
        "created after": [{"created_after": "2025-09-01T00:00:00Z", "ordering": "price"}],
    }


def main() -> int:
    """Read the command line and measure; returns 1 when a limit is broken."""
    parser = argparse.ArgumentParser(prog="benchmarks.search", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--server", help="PostgreSQL URL whose user may create databases")
    parser.add_argument("--keep", action="store_true", help="leave the databases for the next run")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        json.dump(measure(), sys.stdout)
        return 0
    results = in_turn([database(options.server, size) for size in SIZES])
    if not options.keep:
        for size in SIZES:
            _execute(options.server, sql.SQL("DROP DATABASE {}"), size)
    return report(*results)


def measure() -> dict[str, Times]:
    """Return for each kind of query what all its calls took, from the database of the environment."""
    import django  # noqa: PLC0415 (only this process has the settings)

    django.setup()
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT slug, parent_id IS NULL FROM category ORDER BY id DESC")
        slugs = [slug for slug, _ in cursor.fetchall()]
    branches = {level: [slug for slug in slugs if slug.count("-") == level] for level in range(3)}
    calls = {name: [_page(query) for query in queries] for name, queries in kinds(products.words(), branches).items()}
    for name, query in DEEP.items():
        calls[name] = [_page({**query, "cursor": _deep(query)})]
    calls["v1, first page of all"] = [_numbered({})]
    calls["v1, last page with a number"] = [_numbered({"page": "450"})]
    calls["v1, word by price"] = [_numbered({"search": products.words()[0], "ordering": "price"})]
    return _times(calls)


def report(small: Mapping[str, Times], large: Mapping[str, Times]) -> int:
    """Print the table; returns 1 when a limit is broken."""
    print(f"{'milliseconds of CPU, warm':<32}{'10 k: p50':>10}{'p95':>8}{'1 M: p50':>10}{'p95':>8}{'ratio':>7}")  # noqa: T201
    broken = 0
    for name, times in large.items():
        before, after = _quantiles(small[name][CPU]), _quantiles(times[CPU])
        ratio = after[0] / before[0]
        wrong = after[1] > LIMIT_MS
        broken |= wrong
        mark = " !" if wrong else " *" if ratio > LIMIT_RATIO else ""
        print(f"{name:<32}{before[0]:>10.1f}{before[1]:>8.1f}{after[0]:>10.1f}{after[1]:>8.1f}{ratio:>7.1f}{mark}")  # noqa: T201
    print(f"! p95 over {LIMIT_MS} ms   * more than {LIMIT_RATIO} times the median at ten thousand")  # noqa: T201
    return int(broken)


def _quantiles(times: Sequence[float]) -> tuple[float, float]:
    """Return median and 95th percentile."""
    return statistics.median(times), statistics.quantiles(times, n=20, method="inclusive")[-1]


def _times(kinds_: Mapping[str, Sequence[Callable[[], Any]]]) -> dict[str, Times]:
    """Return what the calls of each kind took, the kinds in turn, without the first round, which warms up."""
    found: dict[str, Times] = {name: {CLOCK: [], CPU: []} for name in kinds_}
    for round_ in range(ROUNDS + 1):
        for name, calls in kinds_.items():
            for call in itertools.islice(itertools.cycle(calls), max(OFTEN, len(calls))):
                before, spent = time.perf_counter(), _spent()
                call()
                if round_:
                    found[name][CLOCK].append(1000 * (time.perf_counter() - before))
                    found[name][CPU].append(_spent() - spent)
    return found


def _spent() -> float:
    """Return the milliseconds of CPU that this process and the one of PostgreSQL that serves it have had."""
    from django.db import connection  # noqa: PLC0415

    backend = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text(encoding="ascii")
    return 1000 * time.process_time() + int(backend.split()[0]) / 1_000_000


def _page(query: Query) -> Callable[[], dict[str, Any]]:
    """Return what answers a page of v2."""
    from catalog import selectors  # noqa: PLC0415
    from shared.http import pagination  # noqa: PLC0415

    def call() -> dict[str, Any]:
        params = {name: value for name, value in query.items() if name != "cursor"}
        found, order = selectors.product_list(params=params, include_inactive=False)
        return pagination.keyset(found, params=query, order=order, row=dict, address=lambda changes: changes["cursor"])

    return call


def _numbered(query: Query) -> Callable[[], dict[str, Any]]:
    """Return what answers a page of v1."""
    from catalog import selectors  # noqa: PLC0415
    from shared.http import pagination  # noqa: PLC0415

    def call() -> dict[str, Any]:
        params = {name: value for name, value in query.items() if name != "page"}
        found, order = selectors.product_list(params=params, include_inactive=False)
        return pagination.numbered(found, params=query, order=order, row=dict)

    return call


def _deep(query: Query) -> str:
    """Return the cursor of the middle of a list."""
    from catalog import selectors  # noqa: PLC0415
    from shared.http import pagination  # noqa: PLC0415

    found, order = selectors.product_list(params=query, include_inactive=False)
    middle = found.count(max(SIZES)) // 2
    (row,) = found.page(order=order, start=middle, stop=middle + 1)
    return pagination.Cursor(values=[row[name.lstrip("-")] for name in order], backwards=False).encode()


def database(server: str, size: int) -> str:
    """Return the URL of a database with that many products, making it unless it is there."""
    url = urlsplit(server)
    found = urlunsplit(url._replace(path=f"/{_name(size)}"))
    with psycopg.connect(server) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_name(size)]).fetchone():
            return found
    _execute(server, sql.SQL("CREATE DATABASE {}"), size)
    environment = {**os.environ, **_ENVIRONMENT, "DATABASE_URL": found}
    manage = [sys.executable, "services/catalog/manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(manage, env=environment, check=True)  # noqa: S603 (fixed command)
    with psycopg.connect(found) as connection, connection.cursor() as cursor:
        products.load(cursor, count=size)
    with psycopg.connect(found, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return found


def in_turn(databases: Sequence[str]) -> list[dict[str, Times]]:
    """Measure databases in turn, and return what each took in all."""
    found: list[dict[str, Times]] = [{} for _ in databases]
    for _ in range(TURNS):
        for times, each in zip(found, databases, strict=True):
            for name, taken in _in_process(each).items():
                known = times.setdefault(name, {CLOCK: [], CPU: []})
                known[CLOCK] += taken[CLOCK]
                known[CPU] += taken[CPU]
    return found


def _in_process(database: str) -> dict[str, Times]:
    """Measure in a process of its own, since Django knows one database."""
    environment = {**os.environ, **_ENVIRONMENT, "DATABASE_URL": database}
    command = [sys.executable, "-m", "benchmarks.search", "--measure", "here"]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 (fixed)
    found: dict[str, Times] = json.loads(done.stdout)
    return found


def _name(size: int) -> str:
    """Return the name of the database of a size."""
    return f"plaza_search_{size}"


def _execute(server: str, statement: sql.SQL, size: int) -> None:
    """Execute a statement about the database of a size."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(_name(size))))


if __name__ == "__main__":
    sys.exit(main())
