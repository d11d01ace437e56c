"""A small service for tests that need a real worker: it answers each greeting with an echo, slowly.

Run as `celery -A greeter_app worker`; the handler says through the outbox what it did, so that effects can be counted.
"""

import os
import time
from pathlib import Path
from uuid import UUID

from shared.events import outbox, registry
from shared.events.contracts import Contract


class Asked(Contract, type="shared.asked.v1", subject="guest_id"):
    """A made-up event: how long the handler takes, whether it kills its own process once, and what it fails with."""

    guest_id: UUID
    seconds: float = 0.0
    deaths: str = ""
    trouble: str = ""


class Echoed(Contract, type="shared.echoed.v1", subject="guest_id"):
    """The effect of one handled Asked."""

    guest_id: UUID


@registry.handles(Asked)
def on_asked(event: Asked, context: registry.Context) -> None:
    """Append the effect, then take time, then perhaps die before the commit."""
    outbox.append(Echoed(guest_id=event.guest_id))
    time.sleep(event.seconds)
    if event.trouble:
        raise RuntimeError(event.trouble)
    if event.deaths and not Path(event.deaths).exists():
        Path(event.deaths).touch()
        os.kill(os.getpid(), 9)
