"""Events in tests: what a service has said, and what it does with what others say."""

from typing import Any
from uuid import UUID

import orjson
from django.db.models.functions import Now
from django.utils import timezone

from shared.db.models import uuid7
from shared.events import delivery, outgoing
from shared.events.contracts import Contract
from shared.events.envelope import Envelope
from shared.events.models import OutboxEvent


def outbox() -> list[Envelope]:
    """Return the unsent events in order."""
    rows = outgoing.unsent(limit=1000)
    return [Envelope.model_validate_json(orjson.dumps(outgoing.envelope_of(row))) for row in rows]


def said() -> list[Contract]:
    """Return the unsent events in order, as contracts."""
    return [envelope.contract() for envelope in outbox()]


def clear_outbox() -> None:
    """Mark everything as sent."""
    OutboxEvent.objects.filter(sent_at__isnull=True).update(sent_at=Now())


def enveloped(event: Contract, event_id: UUID | None = None) -> dict[str, Any]:
    """Return the event as it arrives from the broker: decoded JSON."""
    envelope = {
        "specversion": "1.0",
        "id": event_id or uuid7(),
        "source": "/plaza/test",
        "type": event.TYPE,
        "subject": event.subject,
        "time": timezone.now(),
        "dataschema": f"/events/{event.TYPE}.json",
        "data": event.model_dump(mode="json"),
    }
    return orjson.loads(orjson.dumps(envelope))  # type: ignore[no-any-return]


def deliver(event: Contract, event_id: UUID | None = None) -> str:
    """Deliver an event to this service's handler the real way, and return the outcome."""
    return delivery.deliver(enveloped(event, event_id))
