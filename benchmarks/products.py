"""`python -m benchmarks.products --count 1000000 --database URL`: fill a migrated catalog with made-up products.

With `--csv FILE` instead of a database: the same products as a file for the import.

The same count always gives the same rows. Words, prices, categories and stock are spread as in a real shop: some words
and categories are very common, most are rare, few products are out of stock or inactive.
"""

import argparse
import csv
import itertools
import math
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

CHUNK = 20_000  # rows of one COPY
BRANCHES = (12, 8, 6)  # categories below each, level by level
INACTIVE, SOLD_OUT, NUMBERED = 0.05, 0.08, 0.3  # shares of the products

_START = datetime(2023, 1, 1, tzinfo=UTC)
_EPOCH = int(_START.timestamp() * 1000)
_DAYS = [f"{_START + timedelta(days=day):%Y-%m-%d}" for day in range(1000)]
_SENTENCES = 20_000
_ENDINGS = (0.99, 0.95, 0.5, 0.25, 0.49)

PRODUCT = sql.SQL(
    "COPY product (id, created_at, updated_at, sku, name, slug, description, price, category_id, is_active, on_hand)"
    " FROM STDIN"
)
ENTRY = sql.SQL("COPY stock_entry (product_id, delta, reason) FROM STDIN")
CATEGORY = sql.SQL("COPY category (id, created_at, updated_at, slug, name, parent_id) FROM STDIN")

_COLUMNS = ("sku", "name", "price", "description", "category", "on_hand", "is_active")

Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Lines in COPY's text format, and how many products they are."""

    count: int
    products: str
    entries: str


def words() -> list[str]:
    """Return the words of names, the commonest first."""
    text = (Path(__file__).parent / "words.txt").read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def identifier(number: int) -> str:
    """Return the UUIDv7 (RFC 9562) of the thing with this number, in hexadecimal; later numbers sort later."""
    rest = number * 0x9E3779B97F4A7C15 & (1 << 62) - 1  # Fibonacci hashing: looks random, costs nothing
    return f"{(_EPOCH + number) << 80 | 0x7 << 76 | 0b10 << 62 | rest:032x}"


class Generator:
    """Makes the categories, then the products batch by batch.

    Args:
        count: number of products.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._random = random.Random(count)  # noqa: S311 (made-up data)
        self._words = [word.title() for word in words()]
        self._weights = list(itertools.accumulate(1 / (rank + 30) for rank in range(len(self._words))))
        self._sentences = [" ".join(self._some(6)).capitalize() + "." for _ in range(_SENTENCES)]
        self._leaves: list[str] = []
        self.slugs: dict[str, str] = {}  # of categories, by id

    def categories(self) -> str:
        """Return the tree of categories, parents first."""
        lines, level = [], [("", "\\N")]
        numbers = itertools.count(1)
        for branch in BRANCHES:
            below = []
            for path, parent in level:
                for word in self._random.sample(self._words[:400], branch):
                    found = identifier(-next(numbers))
                    slug = f"{path}{word.lower()}"
                    self.slugs[found] = slug
                    lines.append(f"{found}\t{_START}\t{_START}\t{slug}\t{word}\t{parent}\n")
                    below.append((f"{slug}-", found))
            level = below
        self._leaves = [found for _, found in level]
        self._random.shuffle(self._leaves)
        return "".join(lines)

    def batches(self) -> Iterator[Batch]:
        """Yield all products with the entries that opened their stock."""
        for start in range(0, self._count, CHUNK):
            numbers = range(start, min(start + CHUNK, self._count))
            leaves = self._random.choices(self._leaves, [1 / (rank + 5) for rank in range(len(self._leaves))], k=CHUNK)
            rows = [self._row(number, leaf) for number, leaf in zip(numbers, leaves, strict=False)]
            yield Batch(
                count=len(rows),
                products="".join(product for product, _ in rows),
                entries="".join(entry for _, entry in rows),
            )

    def _row(self, number: int, leaf: str) -> tuple[str, str]:
        """Return the lines of one product."""
        chance = self._random.random
        name = " ".join(self._some(3 + int(chance() * 4)))
        if chance() < NUMBERED:
            name += f" No {int(chance() * 20_000)}"
        slug = f"{name.lower().replace(' ', '-')}-{number}"
        description = f"{self._sentences[int(chance() * _SENTENCES)]} {self._sentences[int(chance() * _SENTENCES)]}"
        price = int(math.exp(2.2 + 1.1 * self._random.gauss(0, 1))) + _ENDINGS[int(chance() * len(_ENDINGS))]
        moment = self._moment(number)
        active = "f" if chance() < INACTIVE else "t"
        units = 0 if chance() < SOLD_OUT else 1 + int(self._random.expovariate(0.02))
        found = identifier(number)
        product = (
            f"{found}\t{moment}\t{moment}\tSKU{number:08}\t{name}\t{slug}\t{description}\t{price:.2f}\t{leaf}"
            f"\t{active}\t{units}\n"
        )
        return product, f"{found}\t{units}\tset\n" if units else ""

    def _moment(self, number: int) -> str:
        """Return when the product with this number was created."""
        day, second = divmod(number * len(_DAYS) * 86_400 // self._count, 86_400)
        return f"{_DAYS[day]} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}+00"

    def _some(self, count: int) -> list[str]:
        """Return some words, common ones more often."""
        return self._random.choices(self._words, cum_weights=self._weights, k=count)


def load(cursor: "psycopg.Cursor[Any]", *, count: int, progress: Progress = lambda _: None) -> None:
    """Fill an empty catalog in the cursor's transaction; indexes and foreign keys are made anew afterwards.

    Args:
        cursor: of a database with the catalog's tables.
        count: number of products.
        progress: called with the number of products so far.
    """
    generator = Generator(count)
    with _bare(cursor):
        _copy(cursor, CATEGORY, generator.categories())
        done = 0
        for batch in generator.batches():
            _copy(cursor, PRODUCT, batch.products)
            _copy(cursor, ENTRY, batch.entries)
            done += batch.count
            progress(done)
    cursor.execute("ANALYZE category, product, product_word, stock_entry")


def write(path: Path, *, count: int, progress: Progress = lambda _: None) -> None:
    """Write the products as a file for the import.

    Args:
        path: the file.
        count: number of products.
        progress: called with the number of products so far.
    """
    generator = Generator(count)
    generator.categories()
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        done = 0
        for batch in generator.batches():
            writer.writerows(_row(line, generator.slugs) for line in batch.products.splitlines())
            done += batch.count
            progress(done)


def _row(line: str, slugs: Mapping[str, str]) -> tuple[str, ...]:
    """Return a line of COPY as a row of the file."""
    sku, name, _, description, price, leaf, active, units = line.split("\t")[3:]
    return sku, name, price, description, slugs[leaf], units, {"t": "true", "f": "false"}[active]


def _copy(cursor: "psycopg.Cursor[Any]", statement: sql.SQL, lines: str) -> None:
    """Send lines by COPY."""
    with cursor.copy(statement) as copy:
        copy.write(lines)


@contextmanager
def _bare(cursor: "psycopg.Cursor[Any]") -> Iterator[None]:
    """Take away what is slower to keep up row by row than to make at the end: indexes and foreign keys."""
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = 'product'::regclass AND NOT indisunique"
    )
    indexes = cursor.fetchall()
    cursor.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid IN ('product'::regclass, 'stock_entry'::regclass)"
    )
    keys = cursor.fetchall()
    _run(cursor, *(f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name, _ in keys))
    _run(cursor, *(f"DROP INDEX {name}" for name, _ in indexes))
    yield
    _run(cursor, "SET LOCAL maintenance_work_mem = '512MB'", *(definition for _, definition in indexes))
    _run(cursor, *(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition in keys))


def _run(cursor: "psycopg.Cursor[Any]", *statements: str) -> None:
    """Execute statements that the database itself has quoted."""
    for statement in statements:
        cursor.execute(statement.encode())


def main() -> int:
    """Read the command line and fill the database; returns the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.products", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000_000, help="number of products")
    goal = parser.add_mutually_exclusive_group(required=True)
    goal.add_argument("--database", help="URL of a migrated, empty catalog database")
    goal.add_argument("--csv", type=Path, help="a file to write for the import")
    options = parser.parse_args()
    started = time.monotonic()

    def show(done: int) -> None:
        seconds = time.monotonic() - started
        text = f"{done:>9} of {options.count} products, {done / seconds:7.0f}/s"
        print(text, end="\r" if sys.stdout.isatty() else "\n", flush=True)  # noqa: T201 (a command line)

    if options.csv:
        write(options.csv, count=options.count, progress=show)
    else:
        with psycopg.connect(options.database) as connection, connection.cursor() as cursor:
            load(cursor, count=options.count, progress=show)
    print(f"\ndone in {time.monotonic() - started:.1f} s")  # noqa: T201 (a command line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
