"""What the reader sees: the orders in Jepsen's words, each fault and what it did, the clients' figures, the verdict."""

from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tools.chaos import figures
from tools.chaos.checker import Numbers, Violation
from tools.chaos.run import Result

PLAIN_WIDTH = 120


def console() -> Console:
    """Return where results go: a terminal as wide as it is, elsewhere lines that do not break."""
    found = Console()
    return found if found.is_terminal else Console(width=PLAIN_WIDTH)


def show(*, console: Console, result: Result) -> None:
    """Show everything that a run found out, the verdict last."""
    traffic = figures.traffic(attempts=result.history.attempts, struck=result.struck)
    impacts = figures.impacts(struck=result.struck, attempts=result.history.attempts, samples=result.watched.samples)
    console.print(_impacts(impacts))
    console.print(_orders(result.numbers))
    console.print(_figures(result, traffic))
    _verdict(console, result)


def _impacts(impacts: Iterable[figures.Impact]) -> Table:
    table = Table("at s", "fault", "target", "lasted s", "detection s", "outage s", "recovery s", title="Faults")
    table.title_justify = "left"
    for column in (0, 3, 4, 5, 6):
        table.columns[column].justify = "right"
    for each in sorted(impacts, key=lambda impact: impact.struck.began):
        one = each.struck
        table.add_row(
            f"{one.strike.at:.1f}",
            f"{one.strike.family} {one.strike.name}",
            one.strike.target,
            f"{one.healed - one.began:.1f}",
            _seconds(each.detection, none="unnoticed"),
            f"{each.outage:.1f}",
            _seconds(each.recovery, none="never"),
        )
    return table


def _orders(numbers: Numbers) -> Table:
    table = Table("orders", "", title="Orders", title_justify="left")
    table.columns[1].justify = "right"
    for name in ("attempted", "acknowledged", "refused", "unknown", "completed", "cancelled"):
        table.add_row(name, f"{getattr(numbers, name):,}")
    for reason, times in numbers.reasons.items():
        table.add_row(f"  {reason}", f"{times:,}")
    for name in ("lost", "duplicated", "recovered", "unexpected"):
        bad = name != "recovered" and getattr(numbers, name)
        table.add_row(name, f"[red]{getattr(numbers, name):,}[/]" if bad else f"{getattr(numbers, name):,}")
    table.add_row("transfers acknowledged", f"{numbers.transfers:,}")
    return table


def _figures(result: Result, traffic: figures.Traffic) -> Table:
    table = Table("figure", "", title="Figures", title_justify="left")
    table.columns[1].justify = "right"
    dead = sum(row["dead"] for mail in result.evidence.mail.values() for row in mail.failed)
    families = Counter(one.strike.family for one in result.struck if not one.missed)
    missed = sum(bool(one.missed) for one in result.struck)
    struck = ", ".join(f"{family} x {families[family]}" for family in sorted(families, key=lambda name: int(name[1:])))
    rows = {
        "seed": str(result.options.seed),
        "seconds of load": f"{result.options.seconds:g} at {result.options.rate:g} orders/s",
        "faults": f"{struck}; {missed} met nothing" if missed else struck,
        "requests": f"{traffic.attempts:,}, of which {traffic.failed:,} failed",
        "availability": f"{traffic.availability:.2f} %",
        "latency without faults p50 / p99": _pair(traffic.calm_p50, traffic.calm_p99),
        "latency with faults p50 / p99": _pair(traffic.struck_p50, traffic.struck_p99),
        "largest age in an outbox": f"{max((each.oldest for each in result.watched.samples), default=0):.1f} s",
        "duplicates suppressed by inboxes": f"{result.watched.suppressed:,}",
        "dead letters": f"{dead:,}",
        "looks at the invariants": f"{result.watched.looks:,}",
        "time to rest": _seconds(result.quiet_after, none="never") + " s",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _verdict(console: Console, result: Result) -> None:
    if not result.violations:
        console.print("[green]✓[/] every promise was kept", highlight=False)
        return
    for each in result.violations:
        _violation(console, each)
    mutant = f" MUTANT={result.options.mutant}" if result.options.mutant else ""
    again = f"make chaos SECONDS={result.options.seconds:g} SEED={result.options.seed}{mutant}"
    console.print(f"{len(result.violations)} promises were broken; the same schedule again: {again}", highlight=False)
    if result.options.mutant:
        console.print(f"The checker saw the mutant {result.options.mutant}.", highlight=False)


def _violation(console: Console, violation: Violation) -> None:
    text = f"[red]✗[/] {escape(violation.promise)}: {escape(violation.sentence)}"
    console.print(text, highlight=False, soft_wrap=True)
    for example in violation.examples:
        console.print(f"    {escape(example)}", highlight=False, soft_wrap=True)


def _pair(first: float | None, second: float | None) -> str:
    return " / ".join("-" if each is None else f"{each * 1000:.0f} ms" for each in (first, second))


def _seconds(value: float | None, *, none: str) -> str:
    return none if value is None else f"{value:.1f}"
