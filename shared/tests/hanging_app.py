"""greeter_app with an event loop that hangs as soon as the file HANG_FILE exists."""

import os
import time
from pathlib import Path
from typing import Any

from celery import signals
from greeter_app import app

__all__ = ["app"]


def hang() -> None:
    """Block the loop for longer than any test waits."""
    if Path(os.environ["HANG_FILE"]).exists():
        time.sleep(120)


@signals.worker_ready.connect
def arm(sender: Any, **_: Any) -> None:
    """Look from the loop's own timer."""
    sender.timer.call_repeatedly(0.2, hang)
