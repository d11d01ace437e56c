"""What is rendered in these tests: every file of values, combinations of features, every kustomization."""

import functools
from collections.abc import Iterator
from typing import Any

from tools.chart import render

Object = dict[str, Any]

SERVICES = ("users", "catalog", "orders")
LOCAL = [render.HELM / "plaza" / "values-local.yaml"]
PRODUCTION = [render.HELM / "plaza" / "values-production.yaml"]
ALONE = [render.HELM / "service" / "values-local.yaml"]
FULL = [render.HELM / "service" / "values-production.yaml"]

CHARTS: dict[str, tuple[str, list[Any], dict[str, str]]] = {
    "plaza as it is": ("plaza", [], {}),
    "plaza, local": ("plaza", LOCAL, {}),
    "plaza, production": ("plaza", PRODUCTION, {}),
    "plaza without orders": ("plaza", [], {"orders.enabled": "false"}),
    "plaza, gateway on nodes' ports": (
        "plaza",
        LOCAL,
        {"gateway.service.type": "NodePort", "gateway.service.nodePort": "30080"},
    ),
    "plaza that tells a collector and Sentry": (
        "plaza",
        LOCAL,
        {
            "global.telemetry.endpoint": "http://collector.tracing:4318",
            "global.telemetry.ratio": "0.5",
            "global.telemetry.environment": "staging",
            "global.telemetry.sentrySecret": "sentry",
            "gateway.traces[0].namespaceSelector.matchLabels.name": "tracing",
        }
        | {f"{each}.networkPolicy.traces.to[0].ipBlock.cidr": "10.0.0.0/8" for each in SERVICES}
        | {f"{each}.networkPolicy.reports.to[0].ipBlock.cidr": "10.0.0.0/8" for each in SERVICES},
    ),
    "service, local": ("service", ALONE, {}),
    "service, production": ("service", FULL, {}),
    "service by digest": ("service", ALONE, {"image.registry": "r.example", "image.digest": "sha256:" + "0" * 64}),
    "service behind an Ingress": (
        "service",
        FULL,
        {"route.enabled": "false", "ingress.enabled": "true", "ingress.className": "any", "ingress.tlsSecret": "tls"},
    ),
    "service with mail, traces, rules": (
        "service",
        FULL,
        {
            "networkPolicy.mail.to[0].ipBlock.cidr": "10.0.0.0/8",
            "networkPolicy.traces.to[0].namespaceSelector.matchLabels.name": "tracing",
            "prometheusRule.enabled": "true",
            "prometheusRule.groups[0].name": "own",
        },
    ),
    "service without policies, budgets, migration": (
        "service",
        ALONE,
        {"networkPolicy.enabled": "false", "podDisruptionBudget.enabled": "false", "migrate.enabled": "false"},
    ),
}
KUSTOMIZATIONS = ("base", "backing", "monitoring", "overlays/local", "overlays/production")
WORLDS = (*CHARTS, *KUSTOMIZATIONS)


@functools.cache
def _text(world: str) -> str:
    if world in KUSTOMIZATIONS:
        return render.kustomization(name=world)
    name, values, sets = CHARTS[world]
    return render.chart(name=name, values=values, sets=sets)


@functools.cache
def _objects(world: str) -> tuple[Object, ...]:
    return tuple(render.objects(_text(world)))


def text(world: str) -> str:
    """Return the rendered YAML of a world."""
    return _text(world)


def objects(world: str, *kinds: str) -> list[Object]:
    """Return a world's objects, all or those of some kinds."""
    return [each for each in _objects(world) if not kinds or each["kind"] in kinds]


def title(thing: Object) -> str:
    """Return kind and name, for messages."""
    return f"{thing['kind']}/{thing['metadata']['name']}"


def template(thing: Object) -> Object | None:
    """Return the metadata and spec of the pods that an object makes; None when it makes none."""
    spec = thing.get("spec", {})
    if thing["kind"] == "Pod":
        return {"metadata": thing["metadata"], "spec": spec}
    if thing["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    found = spec.get("template") if isinstance(spec, dict) else None
    return found if isinstance(found, dict) and "containers" in found.get("spec", {}) else None


def pods(world: str) -> Iterator[tuple[Object, Object]]:
    """Yield every object of a world that makes pods, with its template."""
    for each in objects(world):
        if made := template(each):
            yield each, made


def containers(world: str) -> Iterator[tuple[Object, Object]]:
    """Yield every container of a world with the object it belongs to."""
    for owner, made in pods(world):
        for container in [*made["spec"].get("initContainers", []), *made["spec"]["containers"]]:
            yield owner, container


def component(thing: Object) -> str:
    """Return the component label of a thing."""
    labels: dict[str, str] = thing["metadata"]["labels"]
    return labels.get("app.kubernetes.io/component", "")


def amount(text: str | float) -> float:
    """Return a quantity as a number: bytes, or cores."""
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "m": 0.001}
    for unit, factor in units.items():
        if isinstance(text, str) and text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return float(text)
