"""The renderings that are kept in tests/chart/golden/, so that a change of a chart shows what it does to a cluster."""

from collections.abc import Callable
from pathlib import Path

from devstack import config
from tools.chart import render

FOLDER = config.ROOT / "tests" / "chart" / "golden"
VALUES = render.HELM


def _chart(name: str, values: str) -> Callable[[], str]:
    return lambda: render.chart(name=name, values=[VALUES / name / values])


#: What is generated from k8s/monitoring and held to its sources there; here it would only be noise.
_ELSEWHERE = ("kind: PrometheusRule", "grafana_dashboard")


def _kustomization(name: str) -> Callable[[], str]:
    def rendered() -> str:
        documents = render.kustomization(name=name).split("\n---\n")
        return "\n---\n".join(each for each in documents if not any(mark in each for mark in _ELSEWHERE))

    return rendered


RENDERINGS: dict[str, Callable[[], str]] = {
    "service-local": _chart("service", "values-local.yaml"),
    "service-production": _chart("service", "values-production.yaml"),
    "plaza-local": _chart("plaza", "values-local.yaml"),
    "plaza-production": _chart("plaza", "values-production.yaml"),
    "k8s-local": _kustomization("overlays/local"),
    "k8s-production": _kustomization("overlays/production"),
}


def path(name: str) -> Path:
    """Return where a rendering is kept."""
    return FOLDER / f"{name}.yaml"
