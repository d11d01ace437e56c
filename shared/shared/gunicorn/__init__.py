"""gunicorn's configuration for every service (`gunicorn -c python:shared.gunicorn users.wsgi`)."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger as GunicornLogger

from shared import logging as logs
from shared.health import draining
from shared.metrics import files

bind = [
    address for address in (os.environ.get("WEB_BIND", "0.0.0.0:8000"), os.environ.get("MANAGEMENT_BIND")) if address
]
workers = int(os.environ.get("WEB_WORKERS", "2"))
_working = int(os.environ.get("WEB_THREADS", "8"))
_waiting = int(os.environ.get("WEB_WAITING", "0"))  # clients that may wait beside those; only orders lets any
threads = _working + _waiting
worker_class = "shared.gunicorn.loop.Worker"
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (a heartbeat file must not wait for a disk)
control_socket_disable = True
graceful_timeout = 25
timeout = 60
keepalive = 75  # longer than the gateway keeps an idle connection
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")


class Logger(GunicornLogger):  # type: ignore[misc]
    """gunicorn's logger without access lines: shared.http.access writes the line of each request."""

    def access(self, *_: Any) -> None:
        """Say nothing."""


logger_class = Logger
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plaza": {"()": logs.formatter, "console": os.environ.get("LOG_FORMAT") == "console"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "plaza"}},
    "root": {"level": "WARNING", "handlers": ["stdout"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["stdout"], "propagate": False}},
}


_drain_seconds = float(os.environ.get("DRAIN_SECONDS", "0"))


def when_ready(server: Any) -> None:
    """Let SIGTERM first end readiness, and only DRAIN_SECONDS later the answering of requests.

    Whoever sends requests learns of the end a little later than the process: meanwhile nothing must be refused.
    """
    end = server.handle_term

    def drain() -> None:
        if _drain_seconds <= 0 or draining.begun():
            end()
        draining.begin()
        threading.Timer(_drain_seconds, os.kill, (os.getpid(), signal.SIGTERM)).start()

    server.handle_term = drain


def post_worker_init(worker: Any) -> None:
    """Start telemetry after the fork, and open the room where clients wait: never in all of the threads."""
    from shared import telemetry  # noqa: PLC0415 (Django is loaded only now)
    from shared.http import prefer  # noqa: PLC0415

    telemetry.start("web")
    worker.notify = _turning(worker.notify)
    places, working = (_waiting, _working) if _waiting else (threads * 3 // 4, None)
    prefer.open_room(prefer.Room(places=places, working=working, going=lambda: worker.alive))


def _turning(notify: Callable[[], None]) -> Callable[[], None]:
    """Return gunicorn's own sign of life of a worker's loop, given once a second, that also measures."""
    from shared.db import pool  # noqa: PLC0415 (as above)
    from shared.health.wsgi import heartbeat  # noqa: PLC0415

    looked_at = float("-inf")

    def turn() -> None:
        nonlocal looked_at
        now = time.monotonic()
        if now - looked_at >= 1.0:
            looked_at = now
            notify()
            heartbeat.turn()
            pool.measure()

    return turn


def worker_exit(server: Any, worker: Any) -> None:
    """Send what is left of traces and reports."""
    del server
    if worker.booted:
        from shared import telemetry  # noqa: PLC0415 (as above)

        telemetry.stop()


def child_exit(server: Any, worker: Any) -> None:
    """Add a dead worker's metrics to what others have left, and take its live gauges away."""
    del worker
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not directory:
        return
    try:
        with files.held(Path(directory)):
            files.fold(Path(directory))
    except (OSError, ValueError):  # a full disk must not end the server; the next scrape tries again
        server.log.exception("metrics_not_folded")
