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


def with_management(api: Application) -> Application:
    """Return the application that answers management requests by the port they came in on.

    Args:
        api: the service's Django application.
    """
    port = os.environ.get("MANAGEMENT_BIND", "").rpartition(":")[2]
    management = Management(alive=heartbeat.alive)
    active = metrics.HTTP_ACTIVE

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not port or environ["SERVER_PORT"] != port:
            active.inc()
            try:
                return api(environ, start_response)
            finally:
                active.dec()
        try:
            answer = management.answer(environ["PATH_INFO"])
        finally:
            # Django gives a thread's connection back at the end of its own requests only. One that a probe kept and
            # that broke would fail every later probe of the thread; and what is not ready gets no such request.
            connection.close()
        headers = [("Content-Type", answer.media_type), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [answer.body]

    return application
