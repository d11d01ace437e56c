"""The status page's address: the page, the runbooks, and where Alertmanager tells of alerts."""

import collections
import datetime as dt
import json
import re
import sys
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import gateway
from devstack import config, files, ports
from devstack.statuspage import facts, page

RUNBOOKS = config.ROOT / "docs" / "runbooks"
KNOWN, SHOWN = 200, 20
"""So many notes of alerts are remembered, and are on the page; all of them are in the log."""
_RUNBOOK = re.compile(r"/status/runbooks/([A-Za-z]{1,60})\.md")
_LARGEST = 1024 * 1024


class Server(ThreadingHTTPServer):
    """Serves one stack, and remembers the last notes of alerts.

    Args:
        run_dir: of the stack, which has chosen the port.
    """

    def __init__(self, *, run_dir: Path) -> None:
        self.run_dir = run_dir
        self._known: collections.deque[str] = collections.deque(maxlen=KNOWN)
        super().__init__((ports.LOOPBACK, files.read(path=run_dir / "ports.json")["status"]), _Handler)

    def note(self, *, body: bytes) -> None:
        """Keep what Alertmanager tells, and write it into the log; it repeats a group when one of it changes."""
        for line in notes(told=json.loads(body)):
            if line not in self._known:
                self._known.appendleft(line)
                sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def page(self) -> str:
        """Return the page as it is now."""
        return page.draw(facts=facts.collect(run_dir=self.run_dir), notes=list(self._known)[:SHOWN])


def notes(*, told: dict[str, Any]) -> Iterable[str]:
    """Yield a line for each alert that Alertmanager tells of: when, what, where.

    Args:
        told: its webhook's message, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
    """
    for alert in told["alerts"]:
        fires = alert["status"] == "firing"
        at = dt.datetime.fromisoformat(alert["startsAt" if fires else "endsAt"]).astimezone(dt.UTC)
        labels, verb = alert["labels"], "fires since" if fires else "is over since"
        where = labels.get("service") or labels.get("job") or ""
        yield " ".join(
            f"{labels.get('severity', '')} {labels['alertname']} {where} {verb} {at:%Y-%m-%d %H:%M:%S} UTC:"
            f" {alert['annotations'].get('summary', '')}".split()
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        runbook = _RUNBOOK.fullmatch(self.path)
        if self.path == "/readyz":
            self._answer(200, "ready", "text/plain")
        elif self.path == "/status/":
            self._show(self.server.page(), Refresh="10")
        elif runbook and (path := RUNBOOKS / f"{runbook[1]}.md").is_file():
            self._show(page.draw_runbook(text=path.read_text(encoding="utf-8")))
        else:
            self._answer(404, "not found", "text/plain")

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if self.path == "/notifications" and 0 < size <= _LARGEST:
            self.server.note(body=self.rfile.read(size))
            self._answer(204, "", "text/plain")
        else:
            self.close_connection = True  # the body has not been read
            self._answer(404, "not found", "text/plain")

    def _show(self, text: str, **headers: str) -> None:
        policy = {"Content-Security-Policy": gateway.policy(page=text), "Referrer-Policy": "no-referrer"}
        self._answer(200, text, "text/html", **policy, **headers)

    def _answer(self, code: int, text: str, kind: str, **headers: str) -> None:
        body = text.encode()
        self.send_response(code)
        about = {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
        }
        for name, value in {**about, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of requests: the log is for alerts."""
