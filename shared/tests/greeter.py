"""A small service for tests that need a real worker: it answers each greeting with an echo, slowly.

Run as `python -m shared.celery worker greeter_app`; the handler says through the outbox what it did, so that effects
can be counted.
"""

import os
import time
from pathlib import Path
from uuid import UUID

from django.db import connection

from shared.events import outbox, registry
from shared.events.contracts import Contract

ALWAYS = "always"


class Asked(Contract, type="shared.asked.v1", subject="guest_id"):
    """A made-up event: until when its handler is busy, what it fails with, and whether it kills its process.

    `hold` is the path of a file that is gone when the handler may end; `deaths` is ALWAYS, or the path of a file that
    says whether it has done so once.
    """

    guest_id: UUID
    hold: str = ""
    deaths: str = ""
    trouble: str = ""


class Echoed(Contract, type="shared.echoed.v1", subject="guest_id"):
    """The effect of one handled Asked."""

    guest_id: UUID


@registry.handles(Asked)
def on_asked(event: Asked, context: registry.Context) -> None:
    """Append the effect, then take time, then perhaps die before the commit."""
    outbox.append(Echoed(guest_id=event.guest_id))
    while event.hold and Path(event.hold).exists():
        time.sleep(0.1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")  # or the database would end the transaction for doing nothing
    if event.trouble:
        raise RuntimeError(event.trouble)
    if event.deaths == ALWAYS:
        os.kill(os.getpid(), 9)
    if event.deaths and not Path(event.deaths).exists():
        Path(event.deaths).touch()
        os.kill(os.getpid(), 9)
