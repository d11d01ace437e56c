"""What the page tells, asked anew each time: the supervisor's state, Prometheus' figures, Alertmanager's alerts."""

import dataclasses
import json
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from devstack import config as configuration
from devstack import daemon, files, ports

SECONDS = 2.0
#: what is asked of Prometheus: one number each
FIGURES = {
    "open": "sum(max by (status) (plaza_orders_open)) or vector(0)",
    "stuck": "max(plaza_orders_stuck)",
    "oldest": "max(plaza_orders_oldest_unsettled_seconds)",
    "settled": "sum(plaza_orders_total) or vector(0)",
    "unsent": "sum(max by (service) (plaza_outbox_unsent))",
    "waiting": "max(plaza_outbox_oldest_seconds)",
    "retrying": "sum(max by (service) (plaza_inbox_retrying))",
    "dead": "sum(max by (service) (plaza_inbox_dead)) + sum(max by (service) (plaza_outbox_dead))",
}
#: and one number for each service
COLUMNS = {
    "rate": "sum by (service) (rate(http_server_request_duration_seconds_count[1m]))",
    "errors": (
        'sum by (service) (rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[5m]))'
        " or 0 * sum by (service) (rate(http_server_request_duration_seconds_count[5m]))"
    ),
    "unsent": "max by (service) (plaza_outbox_unsent)",
    "dead": "max by (service) (plaza_inbox_dead) + max by (service) (plaza_outbox_dead)",
}
VERSIONS = "count by (service, version) (plaza_build_info)"
UP = 'min by (job, process) (up{job=~"users|catalog|orders"})'
PENDING = 'ALERTS{alertstate="pending"}'


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything on the page. A figure that is not known is missing."""

    parts: Mapping[str, Mapping[str, Any]]
    figures: Mapping[str, float]
    services: Mapping[str, Mapping[str, float]]
    versions: Mapping[str, str]
    up: Mapping[tuple[str, str], float]
    """By service and process: 1 or 0."""
    firing: Sequence[Mapping[str, Any]]
    pending: Sequence[Mapping[str, str]]
    silent: Sequence[str]
    """Who did not answer: Prometheus, Alertmanager."""
    links: Mapping[str, str]


def collect(*, run_dir: Path) -> Facts:
    """Ask everybody; who does not answer within two seconds is named in `silent`."""
    known = files.read(path=run_dir / "ports.json")
    prometheus, alertmanager = (f"http://{ports.LOOPBACK}:{known[name]}" for name in ("prometheus", "alertmanager"))
    asked = _Asked(prometheus=prometheus, alertmanager=alertmanager)
    return Facts(
        parts=daemon.state(config=configuration.Config(run_dir=run_dir, cache_dir=run_dir)).get("parts", {}),
        figures={name: each["value"] for name, query in FIGURES.items() for each in asked.query(query)[:1]},
        services=_by_service(asked),
        versions=_versions(asked),
        up={(each["job"], each["process"]): each["value"] for each in asked.query(UP)},
        firing=asked.alerts(),
        pending=asked.query(PENDING),
        silent=sorted(asked.silent),
        links={"Prometheus": f"{prometheus}/alerts", "Alertmanager": f"{alertmanager}/api/v2/alerts"},
    )


class _Asked:
    """Two servers; whoever fails once is not asked again for this page."""

    def __init__(self, *, prometheus: str, alertmanager: str) -> None:
        self.silent: set[str] = set()
        self._addresses = {"Prometheus": prometheus, "Alertmanager": alertmanager}

    def query(self, query: str) -> list[dict[str, Any]]:
        """Return the labels of every sample of an instant vector, with its number as `value`."""
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": query})
        told = self._get("Prometheus", path) or {"data": {"result": []}}
        return [{**each["metric"], "value": float(each["value"][1])} for each in told["data"]["result"]]

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that fire and are not silenced, the newest first."""
        found = self._get("Alertmanager", "/api/v2/alerts?active=true&silenced=false&inhibited=false") or []
        return sorted(found, key=lambda alert: str(alert["startsAt"]), reverse=True)

    def _get(self, name: str, path: str) -> Any:
        if name in self.silent:
            return None
        try:
            with urllib.request.urlopen(self._addresses[name] + path, timeout=SECONDS) as answer:  # noqa: S310  (own)
                return json.load(answer)
        except (OSError, ValueError):
            self.silent.add(name)
            return None


def _by_service(asked: _Asked) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {name: {} for name in configuration.SERVICES}
    for column, query in COLUMNS.items():
        for each in asked.query(query):
            found.get(each["service"], {})[column] = each["value"]
    return found


def _versions(asked: _Asked) -> dict[str, str]:
    """Return each service's version; during a release there are two."""
    found: dict[str, list[str]] = {}
    for each in asked.query(VERSIONS):
        found.setdefault(each["service"], []).append(each["version"])
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}
