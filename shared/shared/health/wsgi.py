"""A service's WSGI application: the API on one port, the management endpoints on the other."""

import os
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.db import connection

from shared import metrics
from shared.health.endpoints import Management
from shared.health.heartbeat import Heartbeat

heartbeat = Heartbeat("web")  # of this worker process's loop; the server lets it turn

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Given = tuple[str, list[tuple[str, str]], bytes]
AtOnce = Callable[[dict[str, Any]], Given | None]


class Service:
    """The application that answers management requests by the port they came in on, and gives the API all others.

    Args:
        api: the service's application. What it says `at_once`, the server's loop may ask for.
    """

    def __init__(self, api: Application) -> None:
        self._api = api
        self._port = os.environ.get("MANAGEMENT_BIND", "").rpartition(":")[2]
        self._management = Management(alive=heartbeat.alive)
        self._ready: AtOnce | None = getattr(api, "at_once", None)
        self.at_once: AtOnce | None = self._given if self._ready else None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        if not self._port or environ["SERVER_PORT"] != self._port:
            metrics.HTTP_ACTIVE.inc()
            try:
                return self._api(environ, start_response)
            finally:
                metrics.HTTP_ACTIVE.dec()
        try:
            answer = self._management.answer(environ["PATH_INFO"])
        finally:
            # Django gives a thread's connection back at the end of its own requests only. One that a probe kept and
            # that broke would fail every later probe of the thread; and what is not ready gets no such request.
            connection.close()
        headers = [("Content-Type", answer.media_type), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [answer.body]

    def _given(self, environ: dict[str, Any]) -> Given | None:
        """Return status line, headers and body of what the API has ready; None for all that takes waiting."""
        ready = self._ready if environ["SERVER_PORT"] != self._port else None
        return ready(environ) if ready else None
