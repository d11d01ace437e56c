"""Whether this process sends spans, and to whom.

A collector that is down, slow or frozen costs no request anything: what does not fit into the queue is dropped.
"""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from opentelemetry.trace import Tracer

if TYPE_CHECKING:
    from shared.tracing.pipeline import Pipeline

LAST = "last-spans"  # the thread that sends them
_SECONDS_OF_STOPPING = 3.0

_pipeline: "Pipeline | None" = None
_tracer: Tracer | None = None


def tracer() -> Tracer | None:
    """Return what makes spans, or None when nobody wants them."""
    return _tracer


def start(endpoint: str, *, ratio: float, resource: Mapping[str, str]) -> None:
    """Send spans from now on; call it after the process has forked, which would leave the thread behind.

    Args:
        endpoint: the collector's address, without /v1/traces (OTEL_EXPORTER_OTLP_ENDPOINT).
        ratio: of traces that begin here and are recorded; others follow their parent.
        resource: what this process is (service.name, …).
    """
    global _pipeline, _tracer  # noqa: PLW0603 (one of each for the process)
    from shared.tracing import pipeline  # noqa: PLC0415 (loads slowly, and most commands send no spans)

    stop()
    _pipeline = pipeline.laid(endpoint, ratio=ratio, resource=resource)
    _tracer = _pipeline.provider.get_tracer("plaza")


def stop() -> None:
    """Send what is left, for three seconds at most, and no spans from now on."""
    global _pipeline, _tracer
    pipeline, _pipeline, _tracer = _pipeline, None, None
    if pipeline is None:
        return
    last = threading.Thread(target=pipeline.provider.shutdown, name=LAST, daemon=True)
    last.start()
    last.join(_SECONDS_OF_STOPPING)
    if last.is_alive():
        pipeline.exporter.shutdown()  # or it would go on trying, five seconds for each batch
