"""`python -m shared.celery worker|beat MODULE`: a service's worker or beat without Celery's command line.

That would load every command it has, and a line editor with them: nine MiB of each process.
"""

import os
import sys
from importlib import import_module
from typing import Any

from celery import Celery

_LONELY = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
_LEVEL = "WARNING"


def worker(app: Celery) -> int:
    """Consume the app's queue until told to stop; WORKER_PROCESSES is the number of children; returns the exit code."""
    children = int(os.environ.get("WORKER_PROCESSES", "2"))
    serving: Any = app.Worker(concurrency=children, loglevel=_LEVEL, **_LONELY)
    serving.start()
    return int(serving.exitcode or 0)


def beat(app: Celery) -> int:
    """Send what is due until told to stop; returns the exit code."""
    app.Beat(loglevel=_LEVEL).run()
    return 0


def main(process: str, module: str) -> int:
    """Become a process of an app; returns its exit code.

    Args:
        process: worker or beat.
        module: where the app is.
    """
    app: Celery = import_module(module).app
    return {"worker": worker, "beat": beat}[process](app)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
