"""Ports of the stack: free ones on loopback, remembered between starts, or given by the user."""

import secrets
import socket
from collections.abc import Iterable, Mapping

import psutil

from devstack import errors

LOOPBACK = "127.0.0.1"
LOWEST, HIGHEST = 20_000, 32_000  # below the kernel's range for outgoing connections
PREFERRED = {"gateway": 8080}


def is_free(*, port: int) -> bool:
    """Tell whether a listener could be opened on a loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def variable(*, name: str) -> str:
    """Name the environment variable that gives a port: `users.web` is PLAZA_USERS_WEB_PORT."""
    return f"PLAZA_{name.upper().replace('.', '_')}_PORT"


def assign(
    *,
    names: Iterable[str],
    given: Mapping[str, int],
    remembered: Mapping[str, int],
    preferred: Mapping[str, int] = PREFERRED,
) -> dict[str, int]:
    """Choose a port for every name: the given one, else the remembered, else the preferred, else any free one.

    Raises DevstackError when a given port is taken: a port asked for by name is never replaced silently.
    """
    chosen: dict[str, int] = {name: _given(name=name, port=given[name]) for name in names if name in given}
    taken = set(chosen.values()) | set(given.values())
    for name in names:
        if name not in chosen:
            wanted = [remembered.get(name), preferred.get(name)]
            chosen[name] = _first_free(wanted=wanted, taken=taken)
            taken.add(chosen[name])
    return chosen


def _given(*, name: str, port: int) -> int:
    if is_free(port=port):
        return port
    raise errors.DevstackError(
        f"port {port} for {name} is in use",
        why=holder(port=port),
        remedy=f"stop that process, or choose another port with {variable(name=name)}=…",
    )


def _first_free(*, wanted: list[int | None], taken: set[int]) -> int:
    for port in wanted:
        if port and port not in taken and is_free(port=port):
            return port
    for _ in range(1000):
        port = LOWEST + secrets.randbelow(HIGHEST - LOWEST)
        if port not in taken and is_free(port=port):
            return port
    raise errors.DevstackError(
        f"no free port between {LOWEST} and {HIGHEST}",
        why="a thousand tries met only ports in use, or this user may not listen on loopback",
        remedy="look with `ss -ltn`, or give ports with PLAZA_…_PORT",
    )


def holder(*, port: int) -> str:
    """Say who listens on a port, as far as this user may know."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return "another process listens on it"
    for connection in connections:
        own = connection.laddr
        if connection.status == psutil.CONN_LISTEN and connection.pid and own and own.port == port:
            return f"process {connection.pid} ({_name(pid=connection.pid)}) listens on it"
    return "another process listens on it"


def _name(*, pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return "already gone"
