"""Who may talk to whom, as a table: what is not in it is closed, in both directions."""

import copy

import reach
import worlds
from reach import Pod

from tools.chart import render

PROCESSES = ("web", "worker", "relay", "beat")
SERVICES = ("users", "catalog", "orders")
OUTSIDE = [
    Pod("prometheus", "monitoring", {"app.kubernetes.io/name": "prometheus"}),
    Pod("grafana", "monitoring", {"app.kubernetes.io/name": "grafana"}),
    Pod("dns", "kube-system", {"k8s-app": "kube-dns"}),
    Pod("stranger", "default", {"app.kubernetes.io/part-of": "plaza", "app.kubernetes.io/component": "web"}),
    Pod("neighbour", render.NAMESPACE, {"app": "debug"}),
    Pod("envoy-gateway", "envoy-gateway-system", {"app.kubernetes.io/name": "envoy"}),
]


def table(*, keys=(), gateway=""):
    """Every open connection of the system as (from, to, port)."""
    found = set()
    for service in SERVICES:
        processes = [f"{service}.{process}" for process in PROCESSES]
        found |= {(each, "database", 5432) for each in [*processes, f"{service}.migrate"]}
        found |= {(each, "broker", 5672) for each in [*processes[1:], f"{service}.migrate"]}
        found |= {(each, "cache", 6379) for each in processes}
        found |= {("prometheus", each, 9000) for each in processes}
        found |= {(f"{service}.test", each, 9000) for each in processes}
        found |= {(f"{service}.test", f"{service}.web", 8000)}
        found |= {(gateway, f"{service}.web", 8000)}
        found |= {(each, "dns", 53) for each in [*processes, f"{service}.migrate", f"{service}.test"]}
    return found | {(f"{each}.web", "users.web", 8000) for each in keys}


EXPECTED = table(keys=("catalog", "orders"), gateway="gateway") | {
    ("users.worker", "mail", 1025),
    ("gateway", "dns", 53),
    ("audit", "dns", 53),
    ("audit", "database", 5432),
    ("prometheus", "broker", 15692),
    ("prometheus", "gateway", 9901),
    *((pod, "gateway", 8080) for pod in ("stranger", "envoy-gateway", "grafana", "prometheus", "dns")),
}
PORTS = (53, 1025, 4318, 5432, 5672, 6379, 8000, 8025, 8080, 9000, 9901, 15692, 25672, 4369)


def system(*names):
    """The policies and pods of several worlds together, as they would be in one cluster."""
    things = [copy.deepcopy(each) for name in names for each in worlds.objects(name)]
    policies = [each for each in things if each["kind"] == "NetworkPolicy"]
    for policy in policies:
        policy["metadata"].setdefault("namespace", render.NAMESPACE)
    return policies, [*OUTSIDE, *(_pod(each) for each in things if worlds.template(each))]


def _pod(owner):
    labels = worlds.template(owner)["metadata"]["labels"]
    process, service = labels["app.kubernetes.io/component"], labels["app.kubernetes.io/name"]
    return Pod(f"{service}.{process}" if service in SERVICES else process, render.NAMESPACE, labels)


def connections(policies, pods):
    """Every open connection into or out of the system."""
    inside = {pod.name for pod in pods} - {pod.name for pod in OUTSIDE}
    return {each for each in reach.connections(policies, pods, PORTS) if {each[0], each[1]} & inside}


def test_the_local_system_is_open_exactly_where_the_table_says():
    policies, pods = system("overlays/local", "plaza, local")

    found = connections(policies, pods)

    assert sorted(EXPECTED - found) == []
    assert sorted(found - EXPECTED) == []


def test_in_production_only_the_clusters_gateway_calls_the_services():
    policies, pods = system("overlays/production", "plaza, production")

    callers = {source for source, target, port in connections(policies, pods) if (target, port) == ("orders.web", 8000)}

    assert callers == {"envoy-gateway", "orders.test"}


def test_a_backup_reaches_nothing_but_the_database():
    policies, pods = system("overlays/local", "plaza, production")

    reached = {(target, port) for source, target, port in connections(policies, pods) if source == "users.backup"}

    assert reached == {("database", 5432), ("dns", 53)}


def test_no_service_reaches_another_ones_processes():
    policies, pods = system("overlays/local", "plaza, local")
    services = {pod.name: pod.name.partition(".")[0] for pod in pods if pod.name.partition(".")[0] in SERVICES}

    crossing = {
        (source, target)
        for source, target, _ in connections(policies, pods)
        if source in services and target in services and services[source] != services[target]
    }

    assert crossing == {("catalog.web", "users.web"), ("orders.web", "users.web")}


def test_a_missing_or_open_policy_is_seen():
    policies, pods = system("overlays/local", "plaza, local")
    without = [each for each in policies if each["metadata"]["name"] != "default-deny"]
    opened = copy.deepcopy(policies)
    next(each for each in opened if each["metadata"]["name"] == "postgres")["spec"]["ingress"] = [{}]

    assert ("neighbour", "gateway", 8080) in connections(without, pods) - EXPECTED
    assert ("stranger", "database", 5432) in connections(opened, pods) - EXPECTED


def test_where_the_stores_have_no_policies_the_charts_own_hold_the_table():
    _, pods = system("overlays/local", "plaza, local")
    policies, _ = system("plaza, local")
    stores = {"database", "broker", "cache", "mail"}
    inside = {pod.name for pod in pods if pod.namespace == render.NAMESPACE} - stores - {"neighbour"}

    found = {each for each in connections(policies, pods) if each[0] in inside and each[1] in stores}

    assert sorted(found) == sorted(each for each in EXPECTED if each[0] in inside and each[1] in stores)
