"""All dashboards as files."""

import json
from pathlib import Path

from tools.monitoring import sources
from tools.monitoring.dashboards import lines, overview, panels

FOLDER = sources.FOLDER / "dashboards"
NAMES = ("overview", "orders", "events", "runtime")


def files(promises: sources.Promises, alerts: sources.Alerts) -> dict[Path, str]:
    """Return Grafana's JSON by path."""
    pages = {
        "overview": ("Overview", "Whether the promises are kept, and how requests go.", overview.rows(promises)),
        "orders": ("Orders", "What becomes of orders, and which wait for whom.", lines.ORDERS),
        "events": ("Events", "From the outbox through RabbitMQ into the inbox.", lines.EVENTS),
        "runtime": ("Runtime", "Processes, pools, memory and caches.", lines.RUNTIME),
    }
    return {
        FOLDER / f"{name}.json": json.dumps(
            panels.page(name=name, title=title, about=about, rows=rows, runbooks=alerts.runbooks), indent=1
        )
        + "\n"
        for name, (title, about, rows) in pages.items()
    }
