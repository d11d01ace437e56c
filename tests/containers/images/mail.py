"""Catches every mail at port 1025 and shows them at port 8025, by the part of Mailpit's API that the tests read.

/api/v1/search?query=to:"address" lists what came, newest first; /api/v1/message/<id> gives one with its text.
"""

import email
import email.policy
import itertools
import json
import urllib.parse
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller

KEPT = 1000
caught: deque[dict] = deque(maxlen=KEPT)
numbers = itertools.count(1)


class Box:
    """Keeps what is delivered."""

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd calls it so)
        """Take one mail."""
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = parsed.get_body(("plain",))
        text = body.get_content() if body else ""
        to = [{"Address": each, "Name": ""} for each in envelope.rcpt_tos]
        caught.appendleft({"ID": str(next(numbers)), "Subject": str(parsed["Subject"]), "To": to, "Text": text})
        return "250 OK"


class Pages(BaseHTTPRequestHandler):
    """The API."""

    def do_GET(self) -> None:
        """Answer a search, a message, or a probe."""
        asked = urllib.parse.urlsplit(self.path)
        found = self.look(asked.path, urllib.parse.parse_qs(asked.query))
        body = json.dumps(found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def look(self, path, query):
        """Return what is at a path; None for nothing."""
        if path in {"/livez", "/readyz"}:
            return {}
        if path == "/api/v1/search":
            wanted = query["query"][0].removeprefix("to:").strip('"')
            return {"messages": [each for each in list(caught) if wanted in {to["Address"] for to in each["To"]}]}
        return next((each for each in list(caught) if path == f"/api/v1/message/{each['ID']}"), None)

    def log_message(self, *_) -> None:
        """Say nothing: probes ask every few seconds."""


if __name__ == "__main__":
    Controller(Box(), hostname="0.0.0.0", port=1025).start()
    ThreadingHTTPServer(("0.0.0.0", 8025), Pages).serve_forever()
