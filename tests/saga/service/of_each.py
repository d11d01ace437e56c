"""What every service does: handle a message, say what the relay would publish, tell its laws, become a mutant."""

from typing import Any

import mutants
import orjson

from shared.events import delivery, outgoing, registry
from shared.events.models import FailedEvent
from shared.upkeep import audit


def deliver(*, message: Any) -> dict[str, Any]:
    """Handle a message as the worker's task does; tells the outcome, and what went wrong if anything did."""
    (envelope,), options, _ = message
    outcome = delivery.deliver(envelope, attempt=options["attempt"])
    errors = FailedEvent.objects.filter(event_id=envelope["id"]).values_list("error", flat=True)
    return {"outcome": outcome, "error": "; ".join(errors)}


def relayed() -> list[Any]:
    """Return what waits in the outbox as messages, decoded, and mark it as sent."""
    rows = outgoing.unsent(limit=1000)
    outgoing.mark_sent([row["id"] for row in rows])
    return [orjson.loads(outgoing.message(row).body) for row in rows]


def listens_to() -> list[str]:
    """Return the types of events that this service handles, from which its queue's bindings are made."""
    return registry.handled_types()


def laws() -> dict[str, str]:
    """Return the service's own invariants and those of all services: name -> SQL that must find no row."""
    return audit.known()


ACTS = {
    "deliver": deliver,
    "relay": lambda: None,  # what waits in the outbox goes with every answer
    "listens_to": listens_to,
    "laws": laws,
    "mutants": mutants.names,
    "mutate": mutants.mutate,
    "heal": mutants.heal,
}
