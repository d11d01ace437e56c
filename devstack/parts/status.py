"""The status page: a small server of our own; the gateway shows it under /status/, Alertmanager tells it of alerts."""

import functools
import sys

from devstack import config, part, readiness
from devstack import stack as stacks

NAME = "status"


def build(*, stack: stacks.Stack) -> part.Part:
    """Describe the server of the status page; it needs nobody, and shows who does not answer."""
    return part.Part(
        name=NAME,
        command=(sys.executable, "-m", "devstack.statuspage", str(stack.run_dir)),
        cwd=config.ROOT,
        environment=stack.inherited(),
        ready=functools.partial(readiness.http, port=stack.ports[NAME], path="/readyz"),
        version=lambda: f"py {sys.version.split()[0]}",
        ports={NAME: stack.ports[NAME]},
        start_seconds=30,
        stop_seconds=5,
        stop_rank=5,
    )
