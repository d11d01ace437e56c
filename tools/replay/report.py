"""What the reader sees: progress while it runs, the file's figures, the outcomes, the speed and the books."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from tools.replay import books, orders, parse, plan
from tools.replay.errors import ReplayError

PLAIN_SECONDS = 5.0
PLAIN_WIDTH = 120


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How long the placing took, from the first order sent to the last one settled."""

    seconds: float
    settled: Sequence[float]


def console() -> Console:
    """Return where results go: a terminal as wide as it is, elsewhere lines that do not break."""
    found = Console()
    return found if found.is_terminal else Console(width=PLAIN_WIDTH)


class Steps:
    """A count of steps: a bar on a terminal, elsewhere a plain line every few seconds."""

    def __init__(self, *, console: Console, name: str, total: int, bar: Progress | None) -> None:
        self._console, self._name, self._total, self._bar = console, name, total, bar
        self._task = bar.add_task(name, total=total) if bar else None
        self._count = 0
        self._started = self._spoke = time.monotonic()

    def advance(self, _: object = None) -> None:
        """Count one step."""
        self._count += 1
        if self._bar and self._task is not None:
            self._bar.advance(self._task)
        elif time.monotonic() - self._spoke >= PLAIN_SECONDS or self._count == self._total:
            self._spoke = time.monotonic()
            rate = self._count / max(self._spoke - self._started, 0.001)
            self._console.print(f"{self._name}: {self._count}/{self._total} ({rate:.0f}/s)", highlight=False)


@contextmanager
def steps(*, console: Console, name: str, total: int) -> Iterator[Steps]:
    """Show the progress of one phase.

    Args:
        console: where.
        name: what is counted.
        total: how many steps there are.

    """
    if not console.is_terminal:
        yield Steps(console=console, name=name, total=total, bar=None)
        return
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        yield Steps(console=console, name=name, total=total, bar=bar)


def show_file(*, console: Console, sheet: parse.Sheet) -> None:
    """Show a file's rows, the bad ones by reason."""
    table = Table("rows", "", title="The file", title_justify="left")
    table.columns[1].justify = "right"
    table.add_row("all", f"{sheet.total:,}")
    table.add_row("valid", f"{len(sheet.rows):,}")
    for reason, count in sheet.bad.most_common():
        table.add_row(f"bad: {reason}, first in line {sheet.first_bad_line[reason]:,}", f"{count:,}")
    console.print(table)


def show_plan(*, console: Console, wanted: plan.Plan) -> None:
    """Show what will be replayed."""
    console.print(
        f"run {wanted.run[:12]}: {len(wanted.invoices):,} invoices, {wanted.lines:,} lines, "
        f"{wanted.units:,} units of {len(wanted.products):,} products "
        f"by {len(wanted.customers):,} customers, worth {wanted.value:,}",
        highlight=False,
        soft_wrap=True,
    )


def show_orders(*, console: Console, placed: Sequence[orders.Placed], speed: Speed) -> None:
    """Show the orders by outcome, and the speed."""
    table = Table("status", "reason", "orders", title="Orders", title_justify="left")
    table.columns[2].justify = "right"
    for (status, reason), count in sorted(books.outcomes(placed).items()):
        table.add_row(status, escape(reason), f"{count:,}")
    console.print(table)
    replayed = sum(each.replayed for each in placed)
    if replayed:
        console.print(f"{replayed:,} of them had been placed by an earlier run of this command", highlight=False)
    p50, p99 = (books.percentile(speed.settled, share) for share in (0.5, 0.99))
    if p50 is not None and p99 is not None:
        rate = len(speed.settled) / max(speed.seconds, 0.001)
        console.print(
            f"throughput {rate:.1f} orders/s; from POST to final p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms",
            highlight=False,
        )


def show_books(*, console: Console, lines: Sequence[books.Check]) -> None:
    """Show the books, and below them what does not balance."""
    table = Table("", "books", "expected", "actual", "difference", title="Books", title_justify="left")
    for column in table.columns[2:]:
        column.justify = "right"
    for line in lines:
        mark = "[green]✓[/]" if line.balanced else "[red]✗[/]"
        table.add_row(mark, line.name, _figure(line.expected), _figure(line.actual), _figure(line.difference))
    console.print(table)
    for line in lines:
        if line.offenders:
            _show_offenders(console, line)


def _show_offenders(console: Console, line: books.Check) -> None:
    shown = line.offenders[: books.OFFENDERS_SHOWN]
    title = f"{line.name}: the worst {len(shown)} of {len(line.offenders)}"
    table = Table("", "expected", "actual", "difference", title=title, title_justify="left")
    for each in shown:
        table.add_row(escape(each.name), _figure(each.expected), _figure(each.actual), _figure(each.difference))
    console.print(table)


def show_error(*, console: Console, error: ReplayError) -> None:
    """Show what went wrong, why, and what to do."""
    console.print(
        f"[red]✗ {escape(error.what)}[/]\n  why: {escape(error.why)}\n  do:  {escape(error.remedy)}",
        soft_wrap=True,
    )


def _figure(value: Decimal) -> str:
    return f"{value:,}"
