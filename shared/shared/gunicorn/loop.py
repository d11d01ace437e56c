"""gunicorn's threaded worker, whose loop gives what needs no waiting (decision record 13).

To hand a request to a thread and its connection back costs more than to answer what is ready. So the loop itself reads
what comes on a connection that was kept open, and asks the application for what it can say at once. Whatever takes
waiting, or is not plainly a whole GET or HEAD without a body, a thread gets as if the loop had not looked.
"""

import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Any

from gunicorn import SERVER
from gunicorn.config import Config
from gunicorn.errors import AppImportError
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import TConn, ThreadWorker

Given = tuple[str, list[tuple[str, str]], bytes]  # status line, headers and body

_MOST = 16 * 1024  # bytes of a request that are read at once
_END = b"\r\n\r\n"
# Whoever sends these wants more than what is ready, or says the rest of the request later.
_MORE = frozenset({"CONTENT-LENGTH", "CONTENT-TYPE", "EXPECT", "SCRIPT_NAME", "TRANSFER-ENCODING", "UPGRADE"})


class Remembered:
    """gunicorn's configuration, each value looked up once: the parser asks for thirteen, with every request.

    Args:
        cfg: which does not change while a worker lives.
    """

    def __init__(self, cfg: Config) -> None:
        self._cfg = cfg

    def __getattr__(self, name: str) -> Any:
        """Return a value, and keep it."""
        value = getattr(self._cfg, name)
        setattr(self, name, value)
        return value


class Parser(RequestParser):  # type: ignore[misc]
    """A connection's parser that takes a request back, for whoever asks next."""

    _returned: Request | None = None

    def take_back(self, request: Request) -> None:
        """Give a request that was parsed once more."""
        self._returned = request

    def __next__(self) -> Request:
        """Return the next request; raises what gunicorn makes of a bad one."""
        request, self._returned = self._returned, None
        return request or super().__next__()


class Worker(ThreadWorker):  # type: ignore[misc]
    """Answers from the loop what the application's `at_once` gives: called with a WSGI environment, it never waits."""

    _at_once: Callable[[Mapping[str, Any]], Given | None] | None = None

    def load_wsgi(self) -> None:
        """Load the application; raises AppImportError, which ends the server, also when it wants to exit.

        Settings that are wrong do so, and gunicorn would start one worker after the other that meets the same.
        """
        self._remembered = Remembered(self.cfg)
        try:
            super().load_wsgi()
        except SystemExit as said:
            raise AppImportError(said.code) from said
        self._at_once = getattr(self.wsgi, "at_once", None)

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection to a thread."""
        if conn.parser is None and not self.cfg.is_ssl:
            conn.parser = Parser(self._remembered, conn.sock, conn.client)
        super().enqueue_req(conn)

    def on_client_socket_readable(self, conn: TConn, client: Any) -> None:
        """Answer at once, or give the connection to a thread."""
        if self._at_once is None or not self._answered(conn, self._at_once):
            super().on_client_socket_readable(conn, client)

    def _answered(self, conn: TConn, at_once: Callable[[Mapping[str, Any]], Given | None]) -> bool:
        """Return whether the request that has come is answered; a thread can still read all of it otherwise."""
        request = self._read(conn)
        if request is None:
            return False
        environ = environment(request, conn)
        try:
            given = at_once(environ) if environ is not None else None
        except Exception:  # a defect of what is faster must not end the loop; the thread answers without it
            self.log.exception("not_at_once")
            given = None
        if given is None:
            conn.parser.take_back(request)
            return False
        self.nr += 1
        conn.parser.mesg = None  # it had no body that would have to be read to its end
        self._send(conn, written(given))
        return True

    def _read(self, conn: TConn) -> Request | None:
        """Return the request that has come; None when it is not whole, or not plain, and nothing is lost of it."""
        unreader = conn.parser.unreader
        try:
            read = conn.sock.recv(_MOST)
        except OSError:  # the thread meets the same, and knows what to do
            return None
        unreader.unread(read)
        plain = read.startswith((b"GET /", b"HEAD /")) and read.find(_END) == len(read) - len(_END)
        if not plain or not self.alive or self.nr + 1 >= self.max_requests:
            return None
        try:
            return next(conn.parser)
        except Exception:  # noqa: BLE001 (the thread meets the same, and answers it)
            unreader.unread(read)
            return None

    def _send(self, conn: TConn, answer: bytes) -> None:
        """Send an answer, as far as the client takes it at once; a thread sends the rest."""
        try:
            sent = conn.sock.send(answer)
        except OSError:  # full, or gone: the thread sees which
            sent = 0
        self.keepalived_conns.remove(conn)
        if sent == len(answer):
            conn.set_timeout()
            self.keepalived_conns.append(conn)
            return
        self.poller.unregister(conn.sock)
        rest = self.tpool.submit(_send_rest, conn, answer[sent:])
        rest.add_done_callback(partial(self.method_queue.defer, self.finish_request, conn))


def _send_rest(conn: TConn, rest: bytes) -> bool:
    """Send what a slow client has not taken yet; returns whether the connection is still good."""
    try:
        conn.sock.setblocking(True)
        conn.sock.sendall(rest)
    except OSError:
        return False
    return True


def environment(request: Request, conn: TConn) -> dict[str, Any] | None:
    """Return a request as a WSGI environment, as far as what is ready can depend on it.

    Args:
        request: a whole one, without a body.
        conn: the connection it came on.

    Returns:
        The environment, equal to gunicorn's in what it has; None for what only gunicorn's own can tell.
    """
    if request.should_close() or "%" in request.path or not isinstance(conn.client, tuple):
        return None
    environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "REMOTE_ADDR": conn.client[0],
        "SERVER_PORT": str(conn.server[1]),
        "wsgi.url_scheme": request.scheme,
    }
    for name, value in request.headers:
        key = f"HTTP_{name.replace('-', '_')}"
        if name in _MORE or key in environ:
            return None
        environ[key] = value
    return environ


def written(given: Given) -> bytes:
    """Return an answer as it is sent (RFC 9112), with the headers that gunicorn adds."""
    status, headers, body = given
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = f"HTTP/1.1 {status}\r\nServer: {SERVER}\r\nDate: {_date(int(time.time()))}\r\nConnection: keep-alive\r\n"
    return f"{head}{lines}\r\n".encode("latin-1") + body


@lru_cache(maxsize=1)
def _date(now: int) -> str:
    """Return a time as HTTP has it (RFC 9110, section 5.6.7)."""
    return formatdate(now, localtime=False, usegmt=True)
