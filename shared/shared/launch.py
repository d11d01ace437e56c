"""The processes of a service by name, for containers: `python3 -m shared.launch web`; SERVICE says of which service.

A server replaces this process, so it is PID 1 and gets the signals itself, and no shell is needed. `migrate` and
`manage …` stay in it. Only the standard library is loaded before that.
"""

import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

USAGE = "usage: SERVICE=users python3 -m shared.launch web|worker|relay|beat|migrate|manage [arguments of manage.py]\n"


def server(*, process: str, service: str) -> tuple[str, ...] | None:
    """Return the Python module, and its arguments, that serves as a process; None when the process is a command.

    Args:
        process: web, worker, relay, beat, or a command's name.
        service: the service's import package.
    """
    return {
        "web": ("gunicorn", "-c", "python:shared.gunicorn", f"{service}.wsgi"),
        "worker": ("shared.celery", "worker", f"{service}.celery"),
        "beat": ("shared.celery", "beat", f"{service}.celery"),
    }.get(process)


def commands(*, process: str, arguments: Sequence[str]) -> list[list[str]]:
    """Return the commands of manage.py that a process consists of; empty when there is no such process."""
    return {
        "relay": [["relay"]],
        "migrate": [["migrate", "--no-input"], ["grant_audit"], ["declare_queues"]],
        "manage": [list(arguments)],
    }.get(process, [])


def empty(*, directory: Path) -> None:
    """Make a directory that is there and empty: metrics of an earlier start would be counted for ever.

    The directory itself stays, for it may be a mount.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def main(*, arguments: Sequence[str]) -> int:
    """Become the process that is named first in the arguments; returns only from commands, with the exit code."""
    service = os.environ.get("SERVICE", "")
    process, *rest = [*arguments, ""]
    found = server(process=process, service=service)
    todo = commands(process=process, arguments=rest[:-1])
    if not service or not (found or todo):
        sys.stderr.write(USAGE)
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"{service}.settings")
    if found:
        # not before a command: it may run beside a server, in the same container
        if metrics := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            empty(directory=Path(metrics))
        os.execv(sys.executable, [sys.executable, "-m", *found])  # noqa: S606 (this interpreter, fixed modules)
    return _run(process=process, todo=todo)


def _run(*, process: str, todo: Sequence[Sequence[str]]) -> int:
    """Run commands of manage.py in this process."""
    # PID 1 ignores what it has no handler for: without this, a stop would wait for the end of the grace period.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if process == "migrate":
        os.environ.setdefault("MIGRATE_SAFELY", "true")
    from django.core import management  # noqa: PLC0415 (not before a server takes over)

    for command in todo:
        management.execute_from_command_line(["manage.py", *command])
    return 0


if __name__ == "__main__":
    sys.exit(main(arguments=sys.argv[1:]))
