"""What the dashboards ask Prometheus: every expression of every panel, Grafana's variables filled in."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.monitoring.dashboards import boards


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """One expression of a panel, and what its lines are called."""

    page: str
    panel: str
    expression: str
    legend: str

    @property
    def where(self) -> str:
        """Return page and panel, as people call them."""
        return f"{self.page}: {self.panel}"


def pages(*, root: Path) -> dict[str, dict[str, Any]]:
    """Return Grafana's JSON of each dashboard by its name, in the order in which people look at them.

    Args:
        root: of the repository.
    """
    files = ((name, root / boards.FOLDER / f"{name}.json") for name in boards.NAMES)
    return {name: json.loads(path.read_text(encoding="utf-8")) for name, path in files}


def pictures(page: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the panels of a dashboard that show something, rows left out."""
    return [panel for panel in page["panels"] if panel["type"] != "row"]


def of_panel(*, page: str, panel: dict[str, Any], interval: str) -> Iterator[Question]:
    """Yield what one panel asks.

    Args:
        page: the dashboard's name.
        panel: its JSON.
        interval: what stands for $__rate_interval, such as 1m.
    """
    for target in panel["targets"]:
        expression = target["expr"].replace("$__rate_interval", interval).replace("$service", ".*")
        yield Question(page=page, panel=panel["title"], expression=expression, legend=target["legendFormat"])


def every(*, root: Path, interval: str) -> Iterator[Question]:
    """Yield what all panels of all dashboards ask."""
    for name, page in pages(root=root).items():
        for panel in pictures(page):
            yield from of_panel(page=name, panel=panel, interval=interval)
