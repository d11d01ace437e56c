"""gunicorn's configuration for every service (`gunicorn -c python:shared.gunicorn users.wsgi`)."""

import os
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger as GunicornLogger
from prometheus_client.multiprocess import mark_process_dead

from shared import logging as logs
from shared import tracing

bind = [
    address for address in (os.environ.get("WEB_BIND", "0.0.0.0:8000"), os.environ.get("MANAGEMENT_BIND")) if address
]
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
worker_class = "gthread"
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


def post_worker_init(worker: Any) -> None:
    """Start telemetry after the fork, and keep a quarter of the threads free of waiting clients."""
    del worker
    from shared.http import prefer  # noqa: PLC0415 (Django is loaded only now)

    tracing.start(os.environ["DJANGO_SETTINGS_MODULE"].partition(".")[0])
    prefer.set_places(threads * 3 // 4)


def child_exit(server: Any, worker: Any) -> None:
    """Take a dead worker's live gauges out of the metrics."""
    del server
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        mark_process_dead(worker.pid)
