"""The management endpoints as plain functions: path in, status and body out; used under gunicorn and in a thread."""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version as package_version

import orjson
from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST

from shared.health import checks
from shared.metrics import exposition

_JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """Status, media type and body of an answer."""

    status: int
    media_type: str
    body: bytes


def _state(*, good: bool) -> Answer:
    """Return the answer of a probe."""
    return Answer(200 if good else 503, _JSON, orjson.dumps({"status": "ok" if good else "unavailable"}))


class Management:
    """What a process tells the kubelet, Prometheus and people.

    Args:
        alive: whether this process makes progress.
        working: whether it does its work, as far as that can be away without a fault of its own.
    """

    def __init__(self, alive: Callable[[], bool] = lambda: True, working: Callable[[], bool] = lambda: True) -> None:
        self._alive = alive
        self._readiness = checks.Readiness(working)

    def answer(self, path: str) -> Answer:
        """Return the answer to a GET."""
        routes = {
            "/livez": self._livez,
            "/readyz": self._readyz,
            "/startupz": self._startupz,
            "/health": self._health,
            "/metrics": self._metrics,
            "/version": self._version,
        }
        endpoint = routes.get(path.partition("?")[0].rstrip("/"))
        return endpoint() if endpoint else Answer(404, _JSON, b'{"status":"not found"}')

    def _livez(self) -> Answer:
        """Look at this process only: a restart mends nothing else."""
        return _state(good=self._alive())

    def _readyz(self) -> Answer:
        return _state(good=self._readiness.ready())

    def _startupz(self) -> Answer:
        return _state(good=self._readiness.started())

    def _health(self) -> Answer:
        parts = checks.all_parts()
        good = all(part.ok for part in parts.values() if part.fatal)
        body = {
            "status": "ok" if good else "unavailable",
            "parts": {name: part.public() for name, part in parts.items()},
        }
        return Answer(200 if good else 503, _JSON, orjson.dumps(body))

    def _metrics(self) -> Answer:
        return Answer(200, CONTENT_TYPE_LATEST, exposition.text(settings.SERVICE))

    def _version(self) -> Answer:
        versions = {
            "service": settings.SERVICE,
            "version": package_version("plaza-shared"),
            "release": settings.RELEASE or package_version("plaza-shared"),
            "python": platform.python_version(),
            "django": package_version("django"),
        }
        return Answer(200, _JSON, orjson.dumps(versions))
