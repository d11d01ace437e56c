"""The way of spans to a collector: sampled, queued, sent in batches over OTLP/HTTP by a thread.

Loaded only where spans are wanted: its libraries take a while.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

QUEUE = 2048  # spans; more are dropped
_SECONDS_OF_EXPORT = 5.0
_MILLISECONDS_BETWEEN = 1000


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What makes spans, and what sends them."""

    provider: TracerProvider
    exporter: OTLPSpanExporter


def laid(endpoint: str, *, ratio: float, resource: Mapping[str, str]) -> Pipeline:
    """Return a provider whose spans are sent, and its exporter; arguments as of exporting.start."""
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=_SECONDS_OF_EXPORT)
    made = TracerProvider(
        sampler=ParentBasedTraceIdRatio(ratio), resource=Resource.create({**resource}), shutdown_on_exit=False
    )
    made.add_span_processor(
        BatchSpanProcessor(exporter, max_queue_size=QUEUE, schedule_delay_millis=_MILLISECONDS_BETWEEN)
    )
    return Pipeline(made, exporter)
