"""Readiness checks: each asks a part to do a little of its real work and raises NotReady or OSError when it cannot."""

import socket
import urllib.error
import urllib.request

import psycopg

from devstack import errors, ports

SECONDS = 2.0


def http(*, port: int, path: str) -> None:
    """Ask for a page on loopback; anything but a 2xx answer is not ready."""
    url = f"http://{ports.LOOPBACK}:{port}{path}"
    try:
        with urllib.request.urlopen(url, timeout=SECONDS):
            return
    except urllib.error.HTTPError as refused:
        body = refused.read(300).decode(errors="replace").strip()
        raise errors.NotReady(f"{path} answers {refused.code} {body}") from refused


def postgres(*, url: str) -> None:
    """Run a query."""
    try:
        with psycopg.connect(url, connect_timeout=int(SECONDS), autocommit=True) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error as refused:
        raise errors.NotReady(str(refused).strip()) from refused


def valkey(*, port: int, password: str) -> None:
    """Authenticate and ping (https://valkey.io/topics/protocol/, inline commands)."""
    with socket.create_connection((ports.LOOPBACK, port), timeout=SECONDS) as connection:
        connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
        answer = b""
        while answer.count(b"\r\n") < 2 and (more := connection.recv(256)):  # noqa: PLR2004  (two commands)
            answer += more
    if answer != b"+OK\r\n+PONG\r\n":
        raise errors.NotReady(f"answers {answer!r}")


def amqp(*, port: int) -> None:
    """Greet the broker: it answers the protocol header with connection.start (AMQP 0-9-1, section 4.2.2)."""
    with socket.create_connection((ports.LOOPBACK, port), timeout=SECONDS) as connection:
        connection.sendall(b"AMQP\x00\x00\x09\x01")
        if connection.recv(1) != b"\x01":
            raise errors.NotReady("does not greet yet")
