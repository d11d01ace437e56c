"""The key set that measured services trust, given out by HTTP."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from devstack import ports


@contextmanager
def served(documents: Mapping[str, Any]) -> Iterator[str]:
    """Serve what `documents["jwks"]` is at the time; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(documents["jwks"]).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((ports.LOOPBACK, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{ports.LOOPBACK}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
