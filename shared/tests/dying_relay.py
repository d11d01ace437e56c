"""A relay that is killed between the broker's confirms and its own marks: `python dying_relay.py`."""

import os
import signal
import threading
from collections.abc import Sequence
from typing import Any
from unittest import mock

import django

django.setup()

from shared.events import outgoing, relay  # noqa: E402 (Django first)

_read = outgoing.unsent


def die(*, limit: int, sent: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Be killed instead of marking, as by the kernel that needs the memory."""
    if sent:
        os.kill(os.getpid(), signal.SIGKILL)
    return _read(limit=limit)


with mock.patch.object(outgoing, "unsent", die):
    relay.Relay(stopping=threading.Event(), progress=lambda: None).run()
