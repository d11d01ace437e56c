"""gunicorn's loop that answers at once: the same as its threads, and only what is plain and ready."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from loop_wsgi import LARGE
from servers import TESTS

from shared.gunicorn.loop import Remembered
from shared.testing import waiting
from shared.testing.ports import free_port

PLAIN = b"GET /ready?a=1 HTTP/1.1\r\nHost: shop\r\nAccept: */*\r\nX-Request-ID: 12345678\r\n\r\n"
SLOW = PLAIN.replace(b"/ready", b"/slow")


class Server:
    """gunicorn with one worker of two threads."""

    def __init__(self):
        self.port = free_port()
        command = [sys.executable, "-m", "gunicorn", "-k", "shared.gunicorn.loop.Worker", "-w", "1", "--threads", "2"]
        own = ["--keep-alive", "75", "--graceful-timeout", "60", "-b", f"127.0.0.1:{self.port}", "loop_wsgi"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
        self.process = subprocess.Popen([*command, *own], env=environment, stderr=subprocess.DEVNULL)

    @contextlib.contextmanager
    def kept_open(self):
        """Yield a connection on which a thread has answered once: only such a one the loop reads from."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as link:
            link.sendall(PLAIN)
            assert by(received(link)) == "thread"
            yield link

    def ask(self, request):
        """Return what is answered to a request on a connection that was kept open."""
        with self.kept_open() as link:
            return asked(link, request)


@contextlib.contextmanager
def started():
    """Run a server from the moment it answers."""
    server = Server()

    def answers():
        with contextlib.suppress(OSError), server.kept_open():
            return True

    try:
        waiting.eventually(answers)
        yield server
    finally:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="module")
def running():
    with started() as server:
        yield server


def asked(link, request):
    """Send a request and return its answer."""
    link.sendall(request)
    return received(link)


def received(link, came=b""):
    """Return one answer as it came, of which some may have been read before; nothing of what comes after it."""
    while b"\r\n\r\n" not in came:
        more = link.recv(1)
        if not more:
            return came
        came += more
    head, _, begun = came.partition(b"\r\n\r\n")
    length = int(re.search(rb"Content-Length: (\d+)", head)[1])
    return came + exactly(link, length - len(begun))


def exactly(link, count):
    """Return so many bytes."""
    parts = []
    while count > 0:
        parts.append(link.recv(min(count, 1 << 20)))
        count -= len(parts[-1])
    return b"".join(parts)


def by(came):
    return re.search(rb"X-By: (\w+)", came)[1].decode()


def without_date(came, *, body=True):
    """Return an answer without what differs from one second and one thread to the next."""
    head, _, rest = re.sub(rb"Date: [^\r]+ GMT", b"", came.replace(b"X-By: loop", b"X-By: thread")).partition(
        b"\r\n\r\n"
    )
    return (head, rest) if body else head


def test_a_value_of_the_configuration_is_looked_up_once():
    class Counted:
        looked_up = 0

        @property
        def limit_request_line(self):
            self.looked_up += 1
            return 4094

    counted = Counted()
    remembered = Remembered(counted)

    assert [remembered.limit_request_line for _ in range(3)] == [4094] * 3
    assert counted.looked_up == 1
    with pytest.raises(AttributeError):
        _ = remembered.unknown


def test_what_is_ready_comes_from_the_loop_byte_for_byte_as_from_a_thread(running):
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as link:
        from_thread = asked(link, PLAIN)
        from_loop = asked(link, PLAIN)
        once_more = asked(link, PLAIN)

    assert [by(each) for each in (from_thread, from_loop, once_more)] == ["thread", "loop", "loop"]
    assert without_date(from_loop) == without_date(from_thread) == without_date(once_more)
    assert re.search(rb"Date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n", from_loop)


def test_a_head_is_given_without_its_body(running):
    with running.kept_open() as link:
        link.sendall(PLAIN.replace(b"GET", b"HEAD"))
        head = link.recv(65536)
        whole = asked(link, PLAIN)

    assert by(head) == "loop"
    assert head.endswith(b"\r\n\r\n")
    assert by(whole) == "loop"


@pytest.mark.parametrize(
    "request_",
    [
        SLOW,
        PLAIN.replace(b"/ready", b"/defect"),
        PLAIN.replace(b"GET", b"DELETE"),
        PLAIN.replace(b"/ready", b"/r%65ady"),
        PLAIN.replace(b"Accept: */*", b"Accept: text/html\r\nAccept: */*"),
        PLAIN.replace(b"Accept: */*", b"Content-Length: 0"),
        PLAIN.replace(b"Accept: */*", b"Content-Length: 5") + b"hello",
        PLAIN.replace(b"Accept: */*", b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n",
        PLAIN.replace(b"GET", b"POST").replace(b"Accept: */*", b"Content-Length: 5") + b"hello",
        b"\r\n" + PLAIN,
    ],
)
def test_what_is_not_plain_or_not_ready_a_thread_gets_whole(running, request_):
    with running.kept_open() as link:
        came = asked(link, request_)
        with socket.create_connection(("127.0.0.1", running.port), timeout=60) as another:
            alone = asked(another, request_)
        after = asked(link, PLAIN)

    assert by(came) == by(alone) == "thread"
    assert without_date(came) == without_date(alone)
    assert by(after) == "loop"


def test_who_waits_for_a_leave_to_go_on_gets_it(running):
    with running.kept_open() as link:
        link.sendall(PLAIN.replace(b"Accept: */*", b"Expect: 100-continue"))
        leave = exactly(link, 25)
        came = received(link)

    assert leave == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert by(came) == "thread"


@pytest.mark.parametrize("size", [1, 3, 20, len(PLAIN) - 4, len(PLAIN) - 1])
def test_a_request_that_comes_in_pieces_is_put_together(running, size):
    with running.kept_open() as link:
        link.sendall(PLAIN[:size])
        with running.kept_open() as another:  # by then the first piece has been read
            asked(another, PLAIN)
        link.sendall(PLAIN[size:])
        came = received(link)

    assert without_date(came) == without_date(running.ask(PLAIN))


def test_two_requests_at_once_get_two_answers_in_their_order(running):
    with running.kept_open() as link:
        link.sendall(PLAIN + SLOW)
        first, second = received(link), received(link)
        after = asked(link, PLAIN)

    assert [b"/ready" in first, b"/slow" in second, by(after)] == [True, True, "loop"]


@pytest.mark.parametrize(
    "request_",
    [
        PLAIN.replace(b"Host: shop", b"Host: shop\r\nHost: another"),
        PLAIN.replace(b"HTTP/1.1", b"HTTP/x"),
        PLAIN.replace(b"Accept: */*", b"Acc ept: */*"),
        PLAIN.replace(b"Accept: */*", b"Content-Length: 1\r\nContent-Length: 2"),
        b"GET / HTTP/1.1\n\r\n\r\n",
    ],
)
def test_a_bad_request_is_refused_as_ever_and_the_connection_closed(running, request_):
    with running.kept_open() as link:
        came = asked(link, request_)

        assert came.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert link.recv(1) == b""


@pytest.mark.parametrize(
    "request_", [PLAIN.replace(b"Accept: */*", b"Connection: close"), PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0")]
)
def test_who_wants_the_connection_closed_gets_that(running, request_):
    with running.kept_open() as link:
        came = asked(link, request_)

        assert b"\r\nConnection: close\r\n" in came
        assert link.recv(1) == b""


def test_a_slow_client_gets_all_of_a_large_answer_and_keeps_nobody_waiting(running):
    with running.kept_open() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.sendall(PLAIN.replace(b"/ready", b"/large"))
        beginning = slow.recv(1024)
        meanwhile = [by(running.ask(PLAIN)) for _ in range(5)]
        came = received(slow, beginning)
        after = asked(slow, PLAIN)

    assert by(came) == "loop"
    assert meanwhile == ["loop"] * 5
    assert came.count(b"x") >= LARGE
    assert by(after) == "loop"


def test_clients_that_go_away_leave_nothing_behind(running):
    for _ in range(20):
        with running.kept_open() as link:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # its end is a reset
            link.sendall(PLAIN.replace(b"/ready", b"/large"))

    assert by(running.ask(PLAIN)) == "loop"


def test_an_ending_server_answers_what_comes_meanwhile_and_says_that_it_ends():
    with started() as server, server.kept_open() as link, server.kept_open() as held:
        held.sendall(SLOW[:-2])  # half a request keeps a thread, and so the worker
        server.process.send_signal(signal.SIGTERM)
        came = [asked(link, PLAIN)]
        while b"\r\nConnection: keep-alive\r\n" in came[-1]:
            came.append(asked(link, PLAIN))
        held.sendall(SLOW[-2:])
        last = received(held)

    assert {by(each) for each in came[:-1]} <= {"loop"}
    assert not came[-1] or b"\r\nConnection: close\r\n" in came[-1]  # nothing, if it was asked two seconds too late
    assert b"\r\nConnection: close\r\n" in last
