"""A receiver of Sentry's envelopes (https://develop.sentry.dev/sdk/foundations/transport/envelopes/)."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Envelopes:
    """Listens on loopback until closed, and keeps what it is sent: the whole text, and the events in it."""

    def __init__(self) -> None:
        kept = self.texts = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.append((gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body).decode())
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def dsn(self) -> str:
        """What SENTRY_DSN should say."""
        return f"http://public@127.0.0.1:{self._server.server_port}/1"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def events(self) -> list[dict[str, Any]]:
        """Return the error events that have arrived."""
        items = (text.splitlines()[1:] for text in self.texts)
        return [
            json.loads(payload)
            for lines in items
            for head, payload in zip(lines[::2], lines[1::2], strict=False)
            if json.loads(head).get("type") == "event"
        ]
