"""Trace context (W3C traceparent) that travels from the gateway through every event.

Spans are made with OpenTelemetry's SDK after the process has forked; without an exporter they only carry the ids.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

CONSUMER = trace.SpanKind.CONSUMER
SERVER = trace.SpanKind.SERVER

_propagator = TraceContextTextMapPropagator()


def start(service: str) -> None:
    """Install the tracer provider of this process, once; call it after fork."""
    del service
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())


@contextmanager
def span(name: str, *, parent: str = "", kind: trace.SpanKind = trace.SpanKind.INTERNAL) -> Iterator[trace.Span]:
    """Run the block in a span whose parent is the given traceparent (empty: the current one, or a new trace)."""
    context = _propagator.extract({"traceparent": parent}) if parent else None
    with trace.get_tracer("plaza").start_as_current_span(name, context=context, kind=kind) as current:
        yield current


def traceparent() -> str:
    """Return the W3C traceparent of the current span, or an empty string outside of any."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent", "")


def trace_id() -> str:
    """Return the current trace's id in hexadecimal, or an empty string outside of any."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""
