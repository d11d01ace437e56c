"""Ports for servers that a test starts."""

import contextlib
import random
import socket


def free_port() -> int:
    """Return a port that nobody uses, below those the kernel gives away."""
    while True:
        port = random.randint(20000, 32000)  # noqa: S311 (nothing secret)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
