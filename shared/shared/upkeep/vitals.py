"""Everything a service lives on, for a person or a job that asks: its health's parts, the broker, the disks."""

import functools
import shutil
import socket
import ssl
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from shared.health import checks
from shared.health.checks import Part

_SECONDS = 1.0
_LEAST_FREE = 0.10
# AMQP 0-9-1, section 4.2.2: a client sends this first; the broker answers with a method frame (type 1) on channel 0.
_HELLO, _ANSWER = b"AMQP\x00\x00\x09\x01", b"\x01\x00\x00"


def parts() -> list[Part]:
    """Return every part; without database, migrations or room on a disk the service cannot work.

    The broker and the processes are only shown: requests are answered without them, and events wait.
    """
    disks = [checks.look(f"disk {path}", functools.partial(_disk, path), fatal=True) for path in _directories()]
    return [*checks.all_parts().values(), checks.look("broker", _broker, fatal=False), *disks]


def _broker() -> str:
    """Say hello to the broker, without logging in and without a connection pool."""
    url = urlsplit(settings.BROKER_URL)
    secure = url.scheme == "amqps"
    address = (url.hostname or "localhost", url.port or (5671 if secure else 5672))
    with socket.create_connection(address, timeout=_SECONDS) as plain:
        if not secure:
            return _greet(plain)
        with ssl.create_default_context().wrap_socket(plain, server_hostname=address[0]) as wrapped:
            return _greet(wrapped)


def _greet(broker: socket.socket) -> str:
    """Return what is wrong with the broker's answer to the protocol header."""
    broker.sendall(_HELLO)
    return "" if broker.recv(len(_ANSWER)) == _ANSWER else "does not speak AMQP 0-9-1"


def _directories() -> list[Path]:
    """Return where this service writes: temporary files, logs, mails."""
    given: Iterable[object] = (tempfile.gettempdir(), settings.LOG_DIR, getattr(settings, "EMAIL_FILE_PATH", None))
    return sorted({Path(str(each)) for each in given if each})


def _disk(path: Path) -> str:
    """Return what is wrong with the disk of a directory; one that is still to be made counts as its parent."""
    there = next(each for each in (path, *path.parents) if each.exists())
    usage = shutil.disk_usage(there)
    free = usage.free / usage.total
    return "" if free >= _LEAST_FREE else f"only {100 * free:.1f} % free"
