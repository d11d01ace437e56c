"""Trace context (W3C Trace Context) that travels from the gateway through every event; and spans, when wanted.

Without an endpoint (exporting.py) a span only carries the ids, which costs microseconds: logs, rows and events name
their trace all the same. No span holds parameters, headers, bodies or texts of errors: these may be personal.
"""

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import attach, detach
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import AttributeValue

from shared.tracing import exporting

CLIENT, CONSUMER, INTERNAL = SpanKind.CLIENT, SpanKind.CONSUMER, SpanKind.INTERNAL
PRODUCER, SERVER = SpanKind.PRODUCER, SpanKind.SERVER

Attributes = Mapping[str, AttributeValue]

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|\Z)")
_NONE: dict[str, AttributeValue] = {}


@contextmanager
def span(
    name: str, *, parent: str = "", kind: SpanKind = SpanKind.INTERNAL, attributes: Attributes = _NONE
) -> Iterator[Span]:
    """Run the block in a span.

    Args:
        name: of few different ones.
        parent: the traceparent it continues; empty: the current span, or a new trace.
        kind: what it is to the others of its trace.
        attributes: nothing personal.
    """
    tracer = exporting.tracer()
    if tracer is None:
        made: Span = NonRecordingSpan(_next(parent))
        token = attach(trace.set_span_in_context(made))
        try:
            yield made
        finally:
            detach(token)
        return
    context = trace.set_span_in_context(NonRecordingSpan(found)) if (found := _read(parent)) else None
    started = tracer.start_as_current_span(
        name, context, kind, attributes, record_exception=False, set_status_on_exception=False
    )
    with started as made:
        try:
            yield made
        except Exception as error:
            failed(made, error)
            raise


def failed(made: Span, error: Exception) -> None:
    """Note the kind of an error on its span; the text stays in the log, where it is masked."""
    made.set_attribute("error.type", type(error).__qualname__)
    made.set_status(Status(StatusCode.ERROR))


def begin(name: str, *, parent: str, kind: SpanKind, attributes: Attributes) -> Span:
    """Return a span that the caller ends, and that is nobody's current one; arguments as of `span`."""
    tracer = exporting.tracer()
    assert tracer is not None  # noqa: S101 (callers ask `wanted` first)
    context = trace.set_span_in_context(NonRecordingSpan(found)) if (found := _read(parent)) else None
    return tracer.start_span(name, context, kind, attributes)


def record(name: str, *, parent: str, seconds: float, attributes: Attributes) -> None:
    """Record a server's span that ends now; arguments as of `span`, and how long it took."""
    tracer = exporting.tracer()
    if tracer is not None:
        context = trace.set_span_in_context(NonRecordingSpan(found)) if (found := _read(parent)) else None
        began = time.time_ns() - int(seconds * 1e9)
        tracer.start_span(name, context, SERVER, attributes, start_time=began).end()


def current() -> Span:
    """Return the current span; outside of any one that does nothing."""
    return trace.get_current_span()


def wanted() -> bool:
    """Return whether this process sends spans."""
    return exporting.tracer() is not None


def recording() -> bool:
    """Return whether a span inside the current one would be sent."""
    return exporting.tracer() is not None and trace.get_current_span().is_recording()


def traceparent(of: Span | None = None) -> str:
    """Return the W3C traceparent of a span, by default the current one; an empty string outside of any."""
    context = (of or trace.get_current_span()).get_span_context()
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def trace_id() -> str:
    """Return the current trace's id in hexadecimal, or an empty string outside of any."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


def _read(parent: str) -> SpanContext | None:
    """Return what a traceparent names; None when it names nothing (W3C Trace Context, section 3.2)."""
    match = _TRACEPARENT.match(parent)
    if match is None:
        return None
    flags = TraceFlags(int(match[3], 16) & TraceFlags.SAMPLED)
    found = SpanContext(int(match[1], 16), int(match[2], 16), is_remote=True, trace_flags=flags)
    return found if found.is_valid else None


def _next(parent: str) -> SpanContext:
    """Return the ids of a span below the parent, or the current span, or of a new trace that nobody records."""
    above = _read(parent) or trace.get_current_span().get_span_context()
    number = int.from_bytes(os.urandom(8), "big") or 1
    if above.is_valid:
        return SpanContext(above.trace_id, number, is_remote=False, trace_flags=above.trace_flags)
    return SpanContext(int.from_bytes(os.urandom(16), "big") or 1, number, is_remote=False)
