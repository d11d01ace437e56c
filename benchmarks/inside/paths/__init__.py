"""The hot paths of the services, each as one act that a process can do in itself: no server, no load generator."""

import io
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Application = Callable[..., Iterable[bytes]]
Headers = Mapping[str, str]
_NONE: Headers = {}


def _nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True, kw_only=True)
class Path:
    """A hot path.

    Args:
        act: does it once.
        prepare: what must be there before each act, which costs nothing of it.
    """

    act: Callable[[], object]
    prepare: Callable[[], object] = _nothing


@dataclass(frozen=True, kw_only=True)
class Client:
    """Asks a WSGI application as a server would.

    Args:
        application: as the server loads it.
    """

    application: Application

    def ask(
        self, path: str, *, method: str = "GET", body: bytes = b"", expected: str = "200", headers: Headers = _NONE
    ) -> bytes:
        """Ask once, with headers as WSGI names them; returns the body, raises RuntimeError for another status."""
        told: list[Any] = []
        answer = self.application({**self._environ(path, method, body), **headers}, lambda *said: told.extend(said))
        try:
            content = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        if not told[0].startswith(expected):
            raise RuntimeError(f"{method} {path}: {told[0]} {content[:500]!r}")
        return content

    def _environ(self, path: str, method: str, body: bytes) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "HTTP_HOST": "127.0.0.1",
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.version": (1, 0),
            "wsgi.run_once": False,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            **({"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"} if body else {}),
        }
