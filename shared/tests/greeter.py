"""A small service for tests that need a real worker: it answers each greeting with an echo, slowly.

Run as `python -m shared.celery worker greeter_app`; the handler says through the outbox what it did, so that effects
can be counted.
"""

import os
import time
from pathlib import Path
from uuid import UUID

from shared.events import outbox, registry
from shared.events.contracts import Contract

ALWAYS = "always"


class Asked(Contract, type="shared.asked.v1", subject="guest_id"):
    """A made-up event: how long its handler takes, what it fails with, and whether it kills its process.

    `deaths` is ALWAYS, or the path of a file that says whether it has done so once.
    """

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
    if event.deaths == ALWAYS:
        os.kill(os.getpid(), 9)
    if event.deaths and not Path(event.deaths).exists():
        Path(event.deaths).touch()
        os.kill(os.getpid(), 9)
