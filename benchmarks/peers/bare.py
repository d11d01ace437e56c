"""A WSGI application that does nothing: the most that gunicorn can do. `/N` answers with N bytes."""

from collections.abc import Callable, Iterable
from typing import Any

_ready: dict[str, tuple[list[tuple[str, str]], bytes]] = {}


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer like nobody could faster."""
    path = environ["PATH_INFO"]
    if path not in _ready:
        body = b"x" * int(path[1:])
        _ready[path] = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))], body
    headers, body = _ready[path]
    start("200 OK", headers)
    return [body]
