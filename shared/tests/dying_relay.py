"""A relay that is killed between the broker's confirms and its own marks: `python dying_relay.py`."""

import os
import signal
import threading
from unittest import mock

import django

django.setup()

from shared.events import outgoing, relay  # noqa: E402 (Django first)


def die(_: object) -> None:
    """Be killed, as by the kernel that needs the memory."""
    os.kill(os.getpid(), signal.SIGKILL)


with mock.patch.object(outgoing, "mark_sent", die):
    relay.Relay(stopping=threading.Event(), progress=lambda: None).run()
