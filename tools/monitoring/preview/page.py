"""All dashboards on one page: titles, plots, legends, limits, links to runbooks."""

import dataclasses
import datetime as dt
import html
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.monitoring import asking, live
from tools.monitoring.preview import plot, units

STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
SHOWN = 16
"""So many lines of a panel are drawn and named: the worst by their latest values, then by their highest."""
_LABEL = re.compile(r"\{\{(\w+)\}\}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Window:
    """What is looked at, and where the page will lie."""

    prometheus: live.Prometheus
    start: float
    end: float
    step: float
    interval: str
    """What stands for $__rate_interval."""
    root: Path
    folder: Path


def draw(*, window: Window) -> str:
    """Return the page; raises OSError when Prometheus does not answer."""
    boards = asking.pages(root=window.root)
    links = " · ".join(f'<a href="#{name}">{html.escape(_title(board))}</a>' for name, board in boards.items())
    begin, end = (dt.datetime.fromtimestamp(each, tz=dt.UTC) for each in (window.start, window.end))
    head = f"<h1>Plaza dashboards</h1><p>{begin:%Y-%m-%d %H:%M} to {end:%H:%M} UTC · {links}</p>"
    body = "".join(_board(name, board, window) for name, board in boards.items())
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>Plaza dashboards</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body><main>\n{head}{body}\n</main></body>\n</html>\n"
    )


def name_of(*, legend: str, metric: dict[str, str]) -> str:
    """Return what a series is called: the legend with its labels filled in."""
    return _LABEL.sub(lambda found: metric.get(found[1], ""), legend).strip() or "value"


def _title(board: dict[str, Any]) -> str:
    return str(board["title"]).removeprefix("Plaza: ")


def _board(name: str, board: dict[str, Any], window: Window) -> str:
    drawn, opened = (
        [f'<h2 id="{name}">{html.escape(_title(board))}</h2><p>{html.escape(board["description"])}</p>'],
        False,
    )
    for panel in board["panels"]:
        if panel["type"] == "row":
            drawn.append(f'{"</div>" if opened else ""}<h3>{html.escape(panel["title"])}</h3><div class="row">')
            opened = True
        else:
            drawn.append(_panel(name, panel, window))
    return "\n".join(drawn) + "</div>"


def _panel(board: str, panel: dict[str, Any], window: Window) -> str:
    lines = _lines(board, panel, window)
    defaults = panel["fieldConfig"]["defaults"]
    steps = defaults["thresholds"]["steps"]
    limit = steps[1]["value"] if len(steps) > 1 else None
    frame = plot.Frame(start=window.start, end=window.end, step=window.step, unit=defaults["unit"], limit=limit)
    if not lines:
        shown = '<p class="empty">Nothing to show.</p>'
    elif panel["type"] == "stat":
        shown = _stats(lines, frame, steps)
    else:
        shown = plot.draw(lines=lines[:SHOWN], frame=frame, title=panel["title"]) + _legend(lines, frame)
    about = f"<p>{html.escape(panel['description'])}</p>" if panel["description"] else ""
    link = "".join(f'<a href="{html.escape(_address(each["url"], window))}">runbook</a>' for each in panel["links"])
    return (
        f'<section class="panel"><header><h4>{html.escape(panel["title"])}</h4>{link}</header>{about}{shown}</section>'
    )


def _address(url: str, window: Window) -> str:
    """Return a link that works from the page: runbooks are files of this repository unless they have an address."""
    return url if "://" in url else os.path.relpath(window.root / url, window.folder)


def _lines(board: str, panel: dict[str, Any], window: Window) -> list[plot.Line]:
    """Return a panel's series with their points, the largest first; the smallest where little is bad."""
    found = []
    for question in asking.of_panel(page=board, panel=panel, interval=window.interval):
        told = window.prometheus.since(question.expression, start=window.start, end=window.end, step=window.step)
        for series in told:
            points = [(float(at), float(value)) for at, value in series["values"]]
            finite = [point for point in points if math.isfinite(point[1])]
            if finite:
                name = name_of(legend=question.legend, metric=series["metric"])
                found.append(plot.Line(name=name, points=finite))
    worst = 1 if panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"] == "red" else -1
    return sorted(found, key=lambda line: (worst * line.last, worst * line.most, line.name))


def _legend(lines: Sequence[plot.Line], frame: plot.Frame) -> str:
    said = [
        f'<li><i style="background:var(--c{number % plot.COLOURS})"></i>{html.escape(line.name)}'
        f" <b>{html.escape(units.say(line.last, unit=frame.unit))}</b>{_most(line, frame)}</li>"
        for number, line in enumerate(lines[:SHOWN])
    ]
    more = f"<li>and {len(lines) - SHOWN} more</li>" if len(lines) > SHOWN else ""
    return f"<ul>{''.join(said)}{more}</ul>"


def _most(line: plot.Line, frame: plot.Frame) -> str:
    """Return the highest value of a line, when it is another one than the latest."""
    most = units.say(line.most, unit=frame.unit)
    return (
        "" if most == units.say(line.last, unit=frame.unit) else f' <span class="most">most {html.escape(most)}</span>'
    )


def _stats(lines: Sequence[plot.Line], frame: plot.Frame, steps: Sequence[dict[str, Any]]) -> str:
    said = []
    for line in lines:
        colour = [each["color"] for each in steps if each["value"] is None or line.last >= each["value"]][-1]
        said.append(
            f'<div class="stat {"bad" if colour == "red" else "good"}"><div>'
            f"<b>{html.escape(units.say(line.last, unit=frame.unit))}</b><span>{html.escape(line.name)}</span></div>"
            f"{plot.spark(line=line, frame=frame)}</div>"
        )
    return f'<div class="stats">{"".join(said)}</div>'
