"""The words that dashboards are made of: panels, rows, a page; Grafana's JSON model as of Grafana 11."""

import dataclasses
from collections.abc import Sequence
from typing import Any

_SCHEMA = 39
_WIDTH = 24
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_HEIGHTS = {"row": 1, "stat": 4, "timeseries": 8}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Panel:
    """One picture.

    unit is one of Grafana's (https://grafana.com/docs/grafana/latest/panels-visualizations/); above limit it turns red.
    """

    title: str
    shown: Sequence[tuple[str, str]]
    """PromQL and what its lines are called."""
    unit: str = "short"
    limit: float | None = None
    below: bool = False
    """True when what is below the limit is bad."""
    about: str = ""
    runbook: str = ""
    """The alert whose runbook says what to do."""
    kind: str = "timeseries"
    width: int = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """Panels under a title."""

    title: str
    panels: Sequence[Panel]


def none(label: str) -> str:
    """Return the end of an expression that may find nothing: it shows a 0 called "none" then."""
    return f'or on () label_replace(vector(0), "{label}", "none", "", "")'


def page(*, name: str, title: str, about: str, rows: Sequence[Row], runbooks: str) -> dict[str, Any]:
    """Return a dashboard.

    Args:
        name: its stable id, by which others link to it.
        title: what people see.
        about: one sentence.
        rows: what it shows, from top to bottom.
        runbooks: the address of the folder of runbooks.
    """
    return {
        "uid": f"plaza-{name}",
        "title": f"Plaza: {title}",
        "description": about,
        "tags": ["plaza"],
        "schemaVersion": _SCHEMA,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "links": [{"type": "dashboards", "title": "Plaza", "tags": ["plaza"], "keepTime": True, "includeVars": True}],
        "templating": {"list": _variables()},
        "annotations": {"list": []},
        "panels": _placed(rows, runbooks),
    }


def _variables() -> list[dict[str, Any]]:
    """Return what a page can be looked at for: the environment, which has a Prometheus of its own, and the service."""
    return [
        {"name": "datasource", "label": "Environment", "type": "datasource", "query": "prometheus", "hide": 0},
        {
            "name": "service",
            "label": "Service",
            "type": "query",
            "datasource": _SOURCE,
            "definition": "label_values(plaza_build_info, service)",
            "query": {"query": "label_values(plaza_build_info, service)", "refId": "service"},
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
        },
    ]


def _placed(rows: Sequence[Row], runbooks: str) -> list[dict[str, Any]]:
    """Return the panels with their numbers and places: each row from left to right, as many lines as it takes."""
    found: list[dict[str, Any]] = []
    y = 0
    for row in rows:
        found.append(
            {
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "panels": [],
                "id": len(found) + 1,
                "gridPos": {"x": 0, "y": y, "w": _WIDTH, "h": _HEIGHTS["row"]},
            }
        )
        y, x, height = y + _HEIGHTS["row"], 0, 0
        for panel in row.panels:
            if x + panel.width > _WIDTH:
                y, x, height = y + height, 0, 0
            height = max(height, _HEIGHTS[panel.kind])
            place = {"x": x, "y": y, "w": panel.width, "h": _HEIGHTS[panel.kind]}
            found.append({**_drawn(panel, runbooks), "id": len(found) + 1, "gridPos": place})
            x += panel.width
        y += height
    return found


def _drawn(panel: Panel, runbooks: str) -> dict[str, Any]:
    link = {"title": f"Runbook {panel.runbook}", "url": f"{runbooks}{panel.runbook}.md", "targetBlank": True}
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": _SOURCE,
        "links": [link] if panel.runbook else [],
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": _SOURCE, "expr": expr, "legendFormat": legend}
            for number, (expr, legend) in enumerate(panel.shown)
        ],
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0, **_thresholds(panel)}, "overrides": []},
        "options": _options(panel),
    }


def _thresholds(panel: Panel) -> dict[str, Any]:
    """Return the colours; without a limit there is one."""
    well, ill = ("red", "green") if panel.below else ("green", "red")
    steps: list[dict[str, Any]] = [{"color": "green" if panel.limit is None else well, "value": None}]
    if panel.limit is not None:
        steps.append({"color": ill, "value": panel.limit})
    shown = {"thresholdsStyle": {"mode": "off" if panel.limit is None else "dashed"}}
    return {
        "thresholds": {"mode": "absolute", "steps": steps},
        "custom": shown if panel.kind == "timeseries" else {},
    }


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "stat":
        return {"colorMode": "background", "graphMode": "area", "reduceOptions": {"calcs": ["lastNotNull"]}}
    return {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}
