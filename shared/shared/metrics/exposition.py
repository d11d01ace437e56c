"""How the metrics leave a process: its own, or those of all processes that share a directory.

The label `service` is added here, so that no call site has to repeat it.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from shared.metrics import files


class _Labelled(Collector):
    """Another registry's metrics with the service's name on every sample."""

    def __init__(self, inner: Collector, service: str) -> None:
        self._inner = inner
        self._service = service

    def collect(self) -> Iterable[Metric]:
        """Yield each metric with the label added."""
        for metric in self._inner.collect():
            metric.samples = [
                Sample(
                    each.name,
                    {"service": self._service, **each.labels},
                    each.value,
                    each.timestamp,
                    each.exemplar,
                )
                for each in metric.samples
            ]
            yield metric


def text(service: str) -> bytes:
    """Return all metrics of this process, or of all that share its directory, in Prometheus' text format.

    Args:
        service: the label of every sample.
    """
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not directory:
        return _text(REGISTRY, service)
    with files.held(Path(directory)):
        files.fold(Path(directory))
        shared = CollectorRegistry()
        MultiProcessCollector(shared)
        return _text(shared, service)


def _text(inner: Collector, service: str) -> bytes:
    outer = CollectorRegistry()
    outer.register(_Labelled(inner, service))
    return generate_latest(outer)
