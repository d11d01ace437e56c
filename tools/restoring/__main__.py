"""`python -m tools.restoring`: hold a restore drill; leave 0 when nothing is missing and the system goes on."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from devstack import ephemeral
from devstack.errors import DevstackError
from tools.chaos.report import console
from tools.replay.errors import ReplayError
from tools.restoring.drill import Drill, Failed, Result

KEPT, BROKEN, FAILED, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Hold a drill; return 0 when everything came back, 1 when something differs, 2 when it could not be done.

    Args:
        argv: the arguments, without them those of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.restoring", description=__doc__)
    parser.add_argument("--rate", type=float, default=5.0, metavar="N", help="orders started per second (5)")
    out = console()
    try:
        result = _drill(rate=parser.parse_args(argv).rate, out=out)
    except Failed as error:
        Console(stderr=True).print(f"✗ {error}", markup=False)
        return FAILED
    except (DevstackError, ReplayError) as error:
        Console(stderr=True).print(f"✗ {error.what}\n  why: {error.why}\n  do:  {error.remedy}", markup=False)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    show(out=out, result=result)
    return BROKEN if result.faults else KEPT


def _drill(*, rate: float, out: Console) -> Result:
    def say(line: str) -> None:
        out.print(line, highlight=False, markup=False, soft_wrap=True)

    say("starting a system of its own")
    with tempfile.TemporaryDirectory(prefix="plaza-backups-") as folder, ephemeral.system() as system:
        return Drill(system=system, folder=Path(folder), said=say).run(rate=rate)


def show(*, out: Console, result: Result) -> None:
    """Show a line for each table that was compared, the figures, and what is wrong."""
    table = Table("service", "format", "table", "rows", "missing", "invented", title="Restored", title_justify="left")
    for column in table.columns[3:]:
        column.justify = "right"
    for row in result.rows:
        marks = [str(row.missing), str(row.invented)]
        table.add_row(row.service, row.form, row.table, f"{row.rows:,}", *marks, style="" if row.good else "red")
    out.print(table)
    for title, figure in result.facts.items():
        out.print(f"  {title:<26}{figure}", highlight=False)
    for fault in result.faults:
        out.print(f"[red]✗[/] {escape(fault)}", highlight=False, soft_wrap=True)
    if not result.faults:
        out.print("[green]✓[/] nothing is missing, and the system went on", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
