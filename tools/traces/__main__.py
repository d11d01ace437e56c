"""`python -m tools.traces [--port 4318] [--order ID] [--sql]`: draw each trace when it has been quiet for a while.

Start it first, then `OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 OTEL_TRACES_SAMPLER_ARG=1 make up`.
"""

import argparse
import contextlib
import sys
import time

from tools.traces import tree
from tools.traces.receiver import Receiver, Span

_QUIET = 8.0  # seconds without a new span of a trace; Envoy sends its own every five


def finished(spans: list[Span], now: float) -> bool:
    """Return whether nothing has been added to a trace for a while; now in seconds since 1970."""
    return now - max(span.ended for span in spans) / 1e9 > _QUIET


def wanted(spans: list[Span], order: str) -> bool:
    """Return whether a trace is about an order, or any will do."""
    return not order or any(span.attributes.get("plaza.event.subject") == order for span in spans)


def main() -> None:
    """Listen and draw until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tools.traces", description=__doc__)
    parser.add_argument("--port", type=int, default=4318)
    parser.add_argument("--order", default="", help="only traces with events of this order")
    parser.add_argument("--sql", action="store_true", help="also the statements")
    given = parser.parse_args()
    receiver, drawn = Receiver(given.port), set[str]()
    while True:
        time.sleep(1)
        for trace in {span.trace for span in receiver.spans()} - drawn:
            spans = receiver.spans(trace)
            if finished(spans, time.time()):
                drawn.add(trace)
                shown = [span for span in spans if given.sql or span.kind != "client"]
                if shown and wanted(spans, given.order):
                    sys.stdout.write(f"\n{trace}\n{tree.draw(shown)}\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
