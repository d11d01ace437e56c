"""Reads through the service's whole WSGI application, as a server would call it."""

import io
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes
from uuid import uuid4

from catalog import wsgi
from shared import metrics
from shared.testing.tokens import token

ID = "a-request-id"
DETAIL, LIST = "/api/v2/products/red-mug/", "/api/v2/products/"

# Targets, and what else a request says; an Authorization stands for a token of a customer.
REQUESTS = [
    (DETAIL, {}),
    ("/api/v1/products/red-mug/", {}),
    ("/api/v2/products/red-mug", {}),
    (DETAIL, {"method": "HEAD"}),
    (DETAIL, {"Accept": "text/html, application/json;q=0.9"}),
    (DETAIL, {"Origin": "https://shop.example"}),
    (DETAIL, {"X_Forwarded_Proto": "https"}),
    (DETAIL, {"Authorization": "customer"}),
    ("/api/v1/products/red-mug/", {"Authorization": "customer"}),
    (LIST, {}),
    ("/api/v1/products/", {}),
    ("/api/v2/products/?limit=1&search=mug", {}),
    ("/api/v2/products/?search=mug&limit=1", {}),
    ("/api/v1/products/?page_size=1&ordering=price", {}),
    ("/api/v2/products/?category=mugs&in_stock=true", {"Authorization": "customer"}),
    ("/api/v2/categories/", {}),
    ("/api/v1/categories/", {"method": "HEAD"}),
    ("/api/v1/categories/mugs/", {}),
    ("/api/v2/categories/mugs/", {"If_None_Match": "*"}),
    (DETAIL, {"If_None_Match": "*"}),
    (DETAIL, {"If_None_Match": '"another"'}),
    ("/api/v1/products/red-mug/", {"If_None_Match": "*"}),
]


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
    heard = []
    body = application(environment(target, method=method, **headers), lambda *said: heard.extend(said))
    try:
        content = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    return _given(*heard, content)


def at_once(target, **asked):
    """Return what the server's loop would give without waiting, or None; arguments as of `read`."""
    given = wsgi.application.at_once(environment(target, **asked))
    return given and _given(*given)


def environment(target, *, method="GET", **headers):
    """Return a request as a WSGI environment; arguments as of `read`."""
    path, _, query = target.partition("?")
    return {
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


def _given(status, headers, body):
    return Given(status, tuple(sorted((name.lower(), value) for name, value in headers)), body)


def bearer(user_id=None, **changes):
    return f"Bearer {token(user_id or uuid4(), **changes)}"


def outcomes():
    """Return how many reads had which outcome so far."""
    samples = [each for metric in metrics.CACHE_REQUESTS.collect() for each in metric.samples]
    counted = {each.labels["outcome"]: each.value for each in samples if each.name == "plaza_cache_requests_total"}
    return {each: counted.get(each, 0) for each in ("hit", "miss", "stale", "bypass", "fault")}


def since(before):
    """Return the outcomes since then that there were."""
    return {name: count - before[name] for name, count in outcomes().items() if count != before[name]}
