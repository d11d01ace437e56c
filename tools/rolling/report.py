"""What the reader sees: what customers met in each turn, and the verdict."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tools.rolling.run import Result

_TITLES = ("part", "ready s", "took s", "requests", "failures", "orders placed", "settled")


def show(*, console: Console, result: Result) -> None:
    """Show a table with a line for each turn, and each broken promise."""
    table = Table(*_TITLES, title="Rolling restart", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for row in result.rows:
        one = row.turn
        table.add_row(
            one.name,
            f"{one.ready - one.began:.1f}",
            f"{max(one.ready, one.ended) - one.began:.1f}",
            f"{row.requests:,}",
            f"[red]{len(row.failed):,}[/]" if row.failed else "0",
            f"{row.placed:,}",
            f"{row.settled:,}" if row.settled == row.placed else f"[red]{row.settled:,}[/]",
        )
    console.print(table)
    for fault in result.faults:
        console.print(f"[red]✗[/] {escape(fault)}", highlight=False, soft_wrap=True)
    if not result.faults:
        console.print("[green]✓[/] no request failed, no order was lost", highlight=False)
