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


def _may(policies: Iterable[Policy], direction: str, pod: Pod, other: Pod, port: int) -> bool:
    """Return whether the policies of a pod's namespace let a connection through in one direction."""
    side = {"Ingress": "from", "Egress": "to"}[direction]
    own = [
        each
        for each in policies
        if each["metadata"]["namespace"] == pod.namespace
        and direction in each["spec"]["policyTypes"]
        and selects(each["spec"]["podSelector"], pod.labels)
    ]
    rules = [rule for each in own for rule in each["spec"].get(direction.lower(), [])]
    return not own or any(_has(rule, side, other, port, pod.namespace) for rule in rules)


def can_reach(policies: list[Policy], source: Pod, target: Pod, port: int) -> bool:
    """Return whether a pod can open a TCP connection to a port of another."""
    return _may(policies, "Egress", source, target, port) and _may(policies, "Ingress", target, source, port)
