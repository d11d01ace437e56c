"""A trace as a tree: who caused what, when it began and how long it took."""

from collections.abc import Iterator, Sequence

from tools.traces.receiver import Span

_MILLISECOND = 1e6  # nanoseconds


def draw(spans: Sequence[Span]) -> str:
    """Return a trace as text, a line a span: milliseconds since the first one, duration, and the tree.

    Args:
        spans: of one trace. One whose parent is not among them stands at the root.
    """
    known = {span.id for span in spans}
    roots = [span for span in spans if span.parent not in known]
    began = min((span.began for span in spans), default=0)
    return "\n".join(_line(span, depth, began) for root in roots for span, depth in _walk(root, spans, 0))


def edges(spans: Sequence[Span]) -> set[tuple[str, str]]:
    """Return who caused whom in a trace, each as `service name`; the cause of a root is empty."""
    named = {span.id: f"{span.service} {span.name}" for span in spans}
    return {(named.get(span.parent, ""), named[span.id]) for span in spans}


def _walk(span: Span, spans: Sequence[Span], depth: int) -> Iterator[tuple[Span, int]]:
    yield span, depth
    for child in sorted((each for each in spans if each.parent == span.id), key=lambda each: each.began):
        yield from _walk(child, spans, depth + 1)


def _line(span: Span, depth: int, began: int) -> str:
    at, took = (span.began - began) / _MILLISECOND, (span.ended - span.began) / _MILLISECOND
    mark = " FAILED" if span.failed else ""
    return f"{at:9.2f} ms {took:9.2f} ms  {'   ' * depth}{span.service}: {span.name}{mark}"
