"""Stacks for one run: temporary directory, free ports, nothing left behind. For `exec`, the test runner and tests."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence

from devstack import config as configuration
from devstack import part
from devstack import stack as stacks
from devstack import supervisor as supervisors
from devstack.parts import catalogue


@contextlib.contextmanager
def stores(*, names: Sequence[str] = tuple(catalogue.STORES)) -> Iterator[stacks.Stack]:
    """Run PostgreSQL (with the services' databases), RabbitMQ and Valkey while the block runs.

    Raises DevstackError when a store does not start.
    """
    with _opened() as stack, _supervised(stack=stack, parts=catalogue.stores(stack=stack, names=names)):
        yield stack


@contextlib.contextmanager
def _opened() -> Iterator[stacks.Stack]:
    config = configuration.temporary(environ=os.environ)
    try:
        yield stacks.open_stack(config=config)
    finally:
        shutil.rmtree(config.run_dir, ignore_errors=True)


@contextlib.contextmanager
def _supervised(*, stack: stacks.Stack, parts: Sequence[part.Part]) -> Iterator[supervisors.Supervisor]:
    supervisor = supervisors.Supervisor(parts=parts, run_dir=stack.run_dir)
    supervisor.start_thread()
    try:
        supervisor.wait_ready()
        yield supervisor
    finally:
        supervisor.stop()
