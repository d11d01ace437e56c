"""Everything that Prometheus evaluates, as plain files of rules and once more for its operator on Kubernetes."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tools.monitoring import burn, sources

RULES = sources.FOLDER / "rules"
NOTE = "# Made by `make monitoring` from k8s/monitoring/{slo,alerts}.yaml; do not edit.\n"


def slo_groups(promises: sources.Promises, alerts: sources.Alerts) -> list[dict[str, Any]]:
    """Return the groups of recorded ratios and burn-rate alerts."""
    return burn.groups(promises.slos, runbooks=alerts.runbooks)


def alert_groups(alerts: sources.Alerts) -> list[dict[str, Any]]:
    """Return the group of the other alerts."""
    return [{"name": "plaza", "interval": "15s", "rules": [_rule(each, alerts.runbooks) for each in alerts.alerts]}]


def _rule(alert: sources.Alert, runbooks: str) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.expr,
        "for": alert.lasts,
        "labels": {"severity": alert.severity},
        "annotations": {
            "summary": alert.summary,
            "description": alert.description,
            "runbook_url": f"{runbooks}{alert.name}.md",
        },
    }


def files(promises: sources.Promises, alerts: sources.Alerts) -> dict[Path, str]:
    """Return the files of rules by path: two for Prometheus itself, one with both for its operator."""
    slo, others = {"groups": slo_groups(promises, alerts)}, {"groups": alert_groups(alerts)}
    wrapped = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "plaza", "labels": {"app.kubernetes.io/part-of": "plaza"}},
        "spec": {"groups": [*slo["groups"], *others["groups"]]},
    }
    return {
        RULES / "slo.yaml": dump(slo),
        RULES / "alerts.yaml": dump(others),
        sources.FOLDER / "rules.yaml": dump(wrapped),
    }


def dump(content: Any) -> str:
    """Return generated YAML with the note that says so."""
    return NOTE + yaml.safe_dump(content, sort_keys=False, width=120, allow_unicode=True)


def names(promises: sources.Promises, alerts: sources.Alerts) -> list[str]:
    """Return every alert's name, once, in the order of the files."""
    burning: Iterable[str] = (burn.alert_name(slo, each) for slo in promises.slos for each in burn.BURNS)
    return list(dict.fromkeys([*burning, *(alert.name for alert in alerts.alerts)]))
