"""`python -m tools.monitoring.preview [--out FILE] [--minutes 30] [--prometheus URL]`: draw the stack's dashboards."""

import argparse
import os
import sys
import time
import urllib.error
from pathlib import Path

from devstack import config, daemon, files
from tools.monitoring import live
from tools.monitoring.preview import page

POINTS = 240
SCRAPE_SECONDS = 5
"""How often the embedded Prometheus looks."""


def window(*, prometheus: live.Prometheus, minutes: float, out: Path) -> page.Window:
    """Return the last minutes, or as many as are known, in about 240 points, as Grafana would ask for them.

    Args:
        prometheus: who is asked.
        minutes: at most.
        out: where the page will lie.

    Raises:
        OSError: Prometheus does not answer.
    """
    end = time.time()
    start = _known_since(prometheus, start=end - 60 * minutes, end=end)
    step = max((end - start) / POINTS, SCRAPE_SECONDS)
    interval = f"{max(step + SCRAPE_SECONDS, 4 * SCRAPE_SECONDS):.0f}s"
    return page.Window(
        prometheus=prometheus,
        start=start,
        end=end,
        step=step,
        interval=interval,
        root=config.ROOT,
        folder=out.parent,
    )


def _known_since(prometheus: live.Prometheus, *, start: float, end: float) -> float:
    """Return the first time between two at which anything was scraped, or the first of them when nothing was."""
    scraped = prometheus.since("count(up)", start=start, end=end, step=SCRAPE_SECONDS)
    return min((float(series["values"][0][0]) for series in scraped), default=start)


def main() -> int:
    """Write the page; returns the exit code."""
    stack = config.from_environment(environ=os.environ)
    parser = argparse.ArgumentParser(prog="python -m tools.monitoring.preview", description=__doc__)
    parser.add_argument("--out", type=Path, default=stack.run_dir / "dashboards.html")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--prometheus", default=files.read(path=stack.run_dir / daemon.SUMMARY).get("prometheus", ""))
    given = parser.parse_args()
    if not given.prometheus:
        parser.error("nothing is running: `make up`, or give --prometheus")
    out = given.out.resolve()
    try:
        text = page.draw(
            window=window(prometheus=live.Prometheus(url=given.prometheus), minutes=given.minutes, out=out)
        )
    except urllib.error.URLError as error:
        sys.stderr.write(f"Prometheus does not answer at {given.prometheus}: {error}\n")
        return 1
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
