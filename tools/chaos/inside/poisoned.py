"""Handlers as bad as handlers can be: one always fails, one takes its process along."""

import os
import signal
import uuid

from shared.events.contracts import Contract
from shared.events.registry import Context, handles
from shared.events.retries import Retries

#: Soon over: a run waits for every event to be handled or dead.
_SOON = Retries(most=2, base=0.2)


class Raised(Contract, type="chaos.raised.v1", subject="mark"):
    """Its handler fails each time."""

    mark: uuid.UUID


class Killed(Contract, type="chaos.killed.v1", subject="mark"):
    """Its handler does not live to tell."""

    mark: uuid.UUID


@handles(Raised, retries=_SOON)
def on_raised(event: Raised, _context: Context) -> None:
    """Fail."""
    raise RuntimeError(f"poison {event.mark}")


@handles(Killed, retries=_SOON)
def on_killed(_event: Killed, _context: Context) -> None:
    """Die as a process does that the kernel takes the memory from."""
    os.kill(os.getpid(), signal.SIGKILL)
