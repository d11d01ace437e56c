"""Which metrics there are: ours by shared.metrics, others' by a list; and which ones an expression names."""

import re
from functools import cache

from prometheus_client import Counter, Gauge, Histogram

from shared import metrics

#: Metrics of others, by who has them.
FOREIGN = {
    "Prometheus": {"up", "ALERTS", "process_cpu_seconds_total", "process_resident_memory_bytes"},
    "Envoy": {
        "envoy_http_downstream_rq_xx",
        "envoy_http_downstream_cx_active",
        "envoy_cluster_upstream_rq_xx",
        "envoy_cluster_upstream_rq_time_bucket",
        "envoy_cluster_upstream_cx_connect_fail",
    },
    "RabbitMQ": {
        "rabbitmq_queue_messages_ready",
        "rabbitmq_queue_messages_unacked",
        "rabbitmq_queue_consumers",
        "rabbitmq_process_resident_memory_bytes",
    },
    "manage.py audit_across --textfile": {"plaza_across_violations", "plaza_across_timestamp_seconds"},
    "k8s/monitoring/rules": {f"slo:errors:ratio_rate{each}" for each in ("5m", "30m", "1h", "2h", "6h", "1d", "3d")},
}
_WORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset", "le"}
_SAID = re.compile(r'"[^"]*"')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_LABELS = re.compile(r"\{[^}]*\}|\[[^\]]*\]")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\()\b(?!\s*\()")


@cache
def ours() -> dict[str, frozenset[str]]:
    """Return the names under which Prometheus knows our metrics, each with its labels."""
    found: dict[str, frozenset[str]] = {}
    for metric in vars(metrics).values():
        if not isinstance(metric, Counter | Gauge | Histogram):
            continue
        name, labels = metric._name, frozenset(metric._labelnames)  # noqa: SLF001 (it tells nobody else)
        ends = {Counter: ("_total",), Histogram: ("_bucket", "_count", "_sum")}.get(type(metric), ("",))
        found |= {name + end: labels | ({"le"} if end == "_bucket" else set()) for end in ends}
    return found


def known() -> set[str]:
    """Return every name that an expression may have."""
    return set(ours()).union(*FOREIGN.values())


def named(expression: str) -> set[str]:
    """Return the metrics that an expression names.

    Args:
        expression: PromQL, as it is written here: no comments, no strings with escaped quotes.
    """
    bare = _LABELS.sub("", _GROUPING.sub("", _SAID.sub('""', expression)))
    return {each for each in _NAME.findall(bare) if each not in _WORDS and not each.startswith("__")}


def labels_of_ours(expression: str) -> dict[str, set[str]]:
    """Return the labels by which an expression selects among each of our metrics."""
    found: dict[str, set[str]] = {}
    for name, inside in re.findall(r"([a-z_]+)\{((?:[^}\"]|\"[^\"]*\")*)\}", expression):
        if name in ours():
            found.setdefault(name, set()).update(re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", _SAID.sub("", inside)))
    return found
