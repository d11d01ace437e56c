"""Who can reach whom: NetworkPolicies evaluated as Kubernetes does, without a cluster.

A connection is open when the one side's policies let it out and the other side's let it in; a pod that no policy of a
direction selects is open in that direction (https://kubernetes.io/docs/concepts/services-networking/network-policies/).
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

Policy = dict[str, Any]
Labels = Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Pod:
    """A pod as policies see it."""

    name: str
    namespace: str
    labels: Labels = dataclasses.field(hash=False)


def selects(selector: Mapping[str, Any], labels: Labels) -> bool:
    """Return whether a label selector fits; an empty one fits everything."""
    exact = selector.get("matchLabels", {}).items() <= dict(labels).items()
    operators = {
        "In": lambda each: labels.get(each["key"]) in each["values"],
        "NotIn": lambda each: labels.get(each["key"]) not in each["values"],
        "Exists": lambda each: each["key"] in labels,
        "DoesNotExist": lambda each: each["key"] not in labels,
    }
    return exact and all(operators[each["operator"]](each) for each in selector.get("matchExpressions", []))


def _is_peer(peer: Mapping[str, Any], pod: Pod, own: str) -> bool:
    """Return whether a peer of a policy in the namespace `own` means a pod."""
    if "ipBlock" in peer:
        return False
    if "namespaceSelector" in peer:
        if not selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": pod.namespace}):
            return False
    elif pod.namespace != own:
        return False
    return selects(peer.get("podSelector", {}), pod.labels)


def _has(rule: Mapping[str, Any], side: str, pod: Pod, port: int, own: str) -> bool:
    """Return whether a rule means a pod and a TCP port."""
    peers, ports = rule.get(side), rule.get("ports")
    numbers = [each["port"] for each in ports or [] if each.get("protocol", "TCP") == "TCP"]
    return (not peers or any(_is_peer(peer, pod, own) for peer in peers)) and (not ports or port in numbers)


def rules(policies: Iterable[Policy], direction: str, pod: Pod) -> list[Mapping[str, Any]] | None:
    """Return the rules of one direction that hold for a pod; None when no policy selects it, so that all is open."""
    own = [
        each
        for each in policies
        if each["metadata"]["namespace"] == pod.namespace
        and direction in each["spec"]["policyTypes"]
        and selects(each["spec"]["podSelector"], pod.labels)
    ]
    return [rule for each in own for rule in each["spec"].get(direction.lower(), [])] if own else None


def connections(policies: list[Policy], pods: list[Pod], ports: Iterable[int]) -> set[tuple[str, str, int]]:
    """Return every TCP connection that pods can open to each other's ports, as (from, to, port)."""
    egress = {pod: rules(policies, "Egress", pod) for pod in pods}
    ingress = {pod: rules(policies, "Ingress", pod) for pod in pods}
    return {
        (source.name, target.name, port)
        for source in pods
        for target in pods
        for port in ports
        if _lets(egress[source], "to", target, port, source.namespace)
        and _lets(ingress[target], "from", source, port, target.namespace)
    }


def _lets(found: list[Mapping[str, Any]] | None, side: str, other: Pod, port: int, own: str) -> bool:
    return found is None or any(_has(rule, side, other, port, own) for rule in found)
