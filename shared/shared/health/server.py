"""The management port of processes without a web server: a small HTTP server in a thread."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.db import connection

from shared.health.endpoints import Management
from shared.health.heartbeat import Heartbeat


def serve(heartbeat: Heartbeat) -> None:
    """Serve the management endpoints of this process on MANAGEMENT_BIND, when that is set, and mark its heartbeat."""
    heartbeat.start_marking()
    bind = os.environ.get("MANAGEMENT_BIND")
    if not bind:
        return
    host, _, port = bind.rpartition(":")
    server = ThreadingHTTPServer(
        (host, int(port)), _handler(Management(alive=heartbeat.alive, working=heartbeat.working))
    )
    threading.Thread(target=server.serve_forever, name="management", daemon=True).start()


def _handler(management: Management) -> type[BaseHTTPRequestHandler]:
    """Return the request handler of one process."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                answer = management.answer(self.path)
            finally:
                connection.close()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (http.server's name)
            """Say nothing: probes come every few seconds."""

    return Handler
