"""Reads through the service's whole WSGI application, as a server would call it."""

import io
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes
from uuid import uuid4

from prometheus_client import REGISTRY

from catalog import wsgi
from shared.testing.tokens import token

ID = "a-request-id"


@dataclass(frozen=True)
class Given:
    """An answer as it leaves the process."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def code(self):
        return int(self.status[:3])

    def header(self, name):
        return next((value for each, value in self.headers if each.lower() == name.lower()), None)


def read(target, *, method="GET", application=wsgi.application, **headers):
    """Ask for a target (path with query) and return what is given; headers as in `If_None_Match="…"`."""
    path, _, query = target.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "HTTP_X_REQUEST_ID": ID,
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    heard = []
    body = application(environ, lambda *said: heard.extend(said))
    try:
        content = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    return Given(heard[0], tuple(sorted((name.lower(), value) for name, value in heard[1])), content)


def bearer(user_id=None, **changes):
    return f"Bearer {token(user_id or uuid4(), **changes)}"


def outcomes():
    """Return how many reads had which outcome so far."""
    every = ("hit", "miss", "stale", "bypass", "fault")
    return {each: REGISTRY.get_sample_value("plaza_cache_requests_total", {"outcome": each}) or 0 for each in every}


def since(before):
    """Return the outcomes since then that there were."""
    return {name: count - before[name] for name, count in outcomes().items() if count != before[name]}
