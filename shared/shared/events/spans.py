"""The spans of events: one while an event is published, below its cause; one while it is handled, below that."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from shared import tracing
from shared.events.envelope import Envelope


@contextmanager
def publishing(rows: Sequence[dict[str, Any]]) -> Iterator[None]:
    """Run the block, which publishes rows of the outbox, in a span for each; costs nothing when nobody wants spans.

    Args:
        rows: events; each gets its own span's traceparent, which its handlers continue.
    """
    if not tracing.wanted():
        yield
        return
    with ExitStack() as open_ones:
        for row in rows:
            made = tracing.begin(
                f"publish {row['type']}",
                parent=row["traceparent"],
                kind=tracing.PRODUCER,
                attributes=_told("send", row["type"], row["event_id"], row["subject"]),
            )
            open_ones.callback(made.end)
            row["traceparent"] = tracing.traceparent(made)
        yield


def of_handling(event: Envelope) -> tracing.Attributes:
    """Return the attributes of the span in which an event is handled."""
    return _told("process", event.type, event.id, event.subject) if tracing.wanted() else {}


def _told(operation: str, kind: str, event_id: object, subject: object) -> tracing.Attributes:
    """Return attributes as OpenTelemetry names them; the subject is an id, never a name."""
    return {
        "messaging.system": "rabbitmq",
        "messaging.destination.name": "plaza.events",
        "messaging.operation.type": operation,
        "messaging.message.id": str(event_id),
        "plaza.event.type": kind,
        "plaza.event.subject": str(subject),
    }
