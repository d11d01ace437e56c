"""Progress of `up`: a live table on a terminal, one plain line per event without one."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

STYLES = {"ready": "green", "done": "green", "failed": "bold red", "backoff": "yellow", "unready": "yellow"}
Show = Callable[[dict[str, Any]], None]


@contextlib.contextmanager
def shown() -> Iterator[Show]:
    """Give a function that shows each new state of the stack."""
    console = Console()
    if not console.is_terminal:
        yield Plain()
        return
    with Live(console=console, refresh_per_second=8, transient=True) as live:
        yield lambda told: live.update(_table(told=told))


class Plain:
    """Writes a line whenever a part becomes ready or crashes."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, int]] = {}
        self._begun = time.monotonic()

    def __call__(self, told: dict[str, Any]) -> None:
        """Write what has changed since the last state."""
        for name, one in told.get("parts", {}).items():
            now = (one["status"], one["restarts"])
            if now != self._known.get(name):
                self._known[name] = now
                self._tell(name=name, one=one)

    def _tell(self, *, name: str, one: dict[str, Any]) -> None:
        if one["status"] in STYLES:
            clock = f"{time.monotonic() - self._begun:6.1f} s"
            sys.stdout.write(f"{clock}  {name:<20} {one['status']:<9} {_remark(one=one)}".rstrip() + "\n")
            sys.stdout.flush()


def _remark(*, one: dict[str, Any]) -> str:
    if one["status"] in {"ready", "done"}:
        return f"in {one['ready_seconds']:.1f} s"
    return str(one["last_exit"] or one["note"])


def _table(*, told: dict[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, one in told.get("parts", {}).items():
        style = STYLES.get(one["status"], "dim")
        remark = _remark(one=one) if one["status"] in STYLES else one["note"]
        table.add_row(name, f"[{style}]{one['status']}[/]", remark[:80])
    return table
