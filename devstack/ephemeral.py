"""Stacks for one run: a temporary directory, free ports, nothing left behind.

Used by `devstack exec`, the test runner and the end-to-end tests.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from devstack import config as configuration
from devstack import demo, logs, part
from devstack import stack as stacks
from devstack import supervisor as supervisors
from devstack.parts import catalogue, service


class System:
    """A whole running system, and the accidents that can happen to it. Parts are named as in `devstack status`."""

    def __init__(self, *, stack: stacks.Stack, supervisor: supervisors.Supervisor) -> None:
        self.stack = stack
        self._supervisor = supervisor

    @property
    def gateway_url(self) -> str:
        """The public address, without a final slash."""
        return self.stack.gateway_url

    @property
    def password(self) -> str:
        """The password of the seeded staff and customer (`demo.STAFF`, `demo.CUSTOMER`)."""
        return self.stack.passwords["seed"]

    def port(self, name: str) -> int:
        """Return a port by name, such as `orders.worker.management`."""
        return self.stack.ports[name]

    def database_url(self, name: str) -> str:
        """Return the address of a service's database."""
        return self.stack.database_url(name=name)

    def kill(self, name: str) -> None:
        """Kill a part and its children with SIGKILL; the supervisor starts it again."""
        self._supervisor.signal(name=name, number=signal.SIGKILL)

    def pause(self, name: str) -> None:
        """Freeze a part with SIGSTOP: it holds its connections and answers nothing."""
        self._supervisor.signal(name=name, number=signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let a frozen part go on."""
        self._supervisor.signal(name=name, number=signal.SIGCONT)

    def stop(self, name: str) -> None:
        """Stop a part in good order and leave it stopped."""
        self._supervisor.hold(name=name)

    def start(self, name: str) -> None:
        """Start a stopped part and wait until it is ready."""
        self._supervisor.release(name=name)
        self._supervisor.wait_ready(names=[name])

    def add(self, part: part.Part) -> None:
        """Start one more part and wait until it is ready."""
        self._supervisor.add(part=part)
        self._supervisor.wait_ready(names=[part.name])

    def remove(self, name: str) -> None:
        """Stop a part in good order and forget it."""
        self._supervisor.remove(name=name)

    def wait_ready(self, *names: str) -> None:
        """Wait until these parts (default: all) are ready; raises DevstackError after their time limits."""
        self._supervisor.wait_ready(names=names)

    def parts(self) -> dict[str, dict[str, Any]]:
        """Return what is known about each part: status, pid, restarts, last_exit, note …"""
        described: dict[str, dict[str, Any]] = self._supervisor.snapshot()["parts"]
        return described

    def status(self, name: str) -> dict[str, Any]:
        """Return what is known about one part."""
        return self.parts()[name]

    def log(self, name: str, *, lines: int = 50) -> str:
        """Return the last lines of a part's log."""
        return "\n".join(logs.tail(path=self.stack.log(name=name), lines=lines))

    def manage(self, name: str, *arguments: str) -> str:
        """Run a management command of a service and return its output.

        Raises subprocess.CalledProcessError when it fails.
        """
        done = subprocess.run(  # noqa: S603  (the service's own command)
            [sys.executable, "manage.py", *arguments],
            cwd=configuration.ROOT / "services" / name,
            env=service.environment(stack=self.stack, service=name),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout


def whole(stack: stacks.Stack) -> list[part.Part]:
    """Describe all parts of a system."""
    return catalogue.system(stack=stack)


@contextlib.contextmanager
def system(
    *, seeded: bool = True, watched: bool = False, build: Callable[[stacks.Stack], Sequence[part.Part]] = whole
) -> Iterator[System]:
    """Run the whole system while the block runs, with the demo data unless told not to.

    watched adds Prometheus, Alertmanager and the status page; build describes its parts, once its ports and secrets
    are chosen. Raises DevstackError when a part or a seed fails.
    """
    with _opened(watched=watched) as stack:
        parts = build(stack)
        with supervised(parts=parts, run_dir=stack.run_dir) as supervisor:
            if seeded:
                demo.seed(stack=stack)
            yield System(stack=stack, supervisor=supervisor)


@contextlib.contextmanager
def stores(*, names: Sequence[str] = tuple(catalogue.STORES)) -> Iterator[stacks.Stack]:
    """Run PostgreSQL (with the services' databases), RabbitMQ and Valkey while the block runs.

    Raises DevstackError when a store does not start.
    """
    with _opened() as stack:
        parts = catalogue.stores(stack=stack, names=names)
        with supervised(parts=parts, run_dir=stack.run_dir):
            yield stack


@contextlib.contextmanager
def supervised(*, parts: Sequence[part.Part], run_dir: Path) -> Iterator[supervisors.Supervisor]:
    """Run parts in this process while the block runs, from the moment they are all ready."""
    supervisor = supervisors.Supervisor(parts=parts, run_dir=run_dir)
    supervisor.start_thread()
    try:
        supervisor.wait_ready()
        yield supervisor
    finally:
        supervisor.stop()


@contextlib.contextmanager
def _opened(*, watched: bool = False) -> Iterator[stacks.Stack]:
    config = configuration.temporary(environ=os.environ, watched=watched)
    try:
        yield stacks.open_stack(config=config)
    finally:
        shutil.rmtree(config.run_dir, ignore_errors=True)
