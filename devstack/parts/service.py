"""The processes of one Django service: migrate (a job), web, worker, relay and beat."""

import functools
import os
import sys

from devstack import config, part, readiness
from devstack import stack as stacks

PYTHON = sys.executable
WEB_WORKERS = 1 if (os.cpu_count() or 1) <= 2 else 2  # noqa: PLR2004  (three services share the processors)
WEB_THREADS = 16
WEB_WAITING = {"orders": 200}
"""So many clients may wait for an outcome in each web process, beside those that are answered."""


def build(*, stack: stacks.Stack, service: str) -> list[part.Part]:
    """Describe all processes of a service."""
    needs = tuple(f"{each}.migrate" for each in config.SERVICES)
    migrate = part.Part(
        name=f"{service}.migrate",
        needs=_stores(stack=stack),
        command=_command(process="migrate"),
        cwd=config.ROOT / "services" / service,
        environment=environment(stack=stack, service=service, owner=True),
        start_seconds=120,
        once=True,
        remedy="read its log; a failed migration names the statement and the reason",
    )
    return [
        migrate,
        _web(stack=stack, service=service, needs=needs),
        _process(stack=stack, service=service, process="worker", needs=needs, stop_rank=3),
        _process(stack=stack, service=service, process="relay", needs=needs, stop_rank=2),
        _process(stack=stack, service=service, process="beat", needs=needs, stop_rank=1),
    ]


def environment(*, stack: stacks.Stack, service: str, process: str = "", owner: bool = False) -> dict[str, str]:
    """Return the environment of a service's commands, and of one of its processes when that is named.

    Only the owner of the tables may change them: for migrations and for restoring.
    """
    own = {
        "SERVICE": service,
        "DATABASE_URL": stack.role_url(name=service, role=f"{service}_owner" if owner else service),
        "BROKER_URL": stack.service_broker_url(service=service),
    }
    known = stack.inherited() | stack.settings() | own
    if process:
        known["MANAGEMENT_BIND"] = stack.address(name=f"{service}.{process}.management")
    return known


def _stores(*, stack: stacks.Stack) -> tuple[str, ...]:
    own = tuple(name for name in ("rabbitmq", "valkey") if not stack.is_given(part=name))
    return ("databases", *own)


def _web(*, stack: stacks.Stack, service: str, needs: tuple[str, ...]) -> part.Part:
    name = f"{service}.web"
    settings = {
        "WEB_BIND": stack.address(name=name),
        "WEB_WORKERS": str(WEB_WORKERS),
        "WEB_THREADS": str(WEB_THREADS),
        "WEB_WAITING": str(WEB_WAITING.get(service, 0)),
        "DATABASE_POOL_MAX": str(WEB_THREADS),  # every thread can have a connection, so none waits for another
        **_metrics(stack=stack, name=name),
    }
    return part.Part(
        name=name,
        needs=needs,
        command=_command(process="web"),
        cwd=config.ROOT / "services" / service,
        environment=environment(stack=stack, service=service, process="web") | settings,
        ready=_ready(stack=stack, port=f"{name}.management"),
        ports={key: stack.ports[key] for key in (name, f"{name}.management")},
        version=_version,
        stop_seconds=30,
        stop_rank=4,
    )


def _process(*, stack: stacks.Stack, service: str, process: str, needs: tuple[str, ...], stop_rank: int) -> part.Part:
    name, port = f"{service}.{process}", f"{service}.{process}.management"
    settings = _metrics(stack=stack, name=name) if process == "worker" else {}
    return part.Part(
        name=name,
        needs=needs,
        command=_command(process=process),
        cwd=config.ROOT / "services" / service,
        environment=environment(stack=stack, service=service, process=process) | settings,
        ready=_ready(stack=stack, port=port),
        ports={port: stack.ports[port]},
        version=_version,
        stop_seconds=20,
        stop_rank=stop_rank,
    )


def _ready(*, stack: stacks.Stack, port: str) -> functools.partial[None]:
    return functools.partial(readiness.http, port=stack.ports[port], path="/readyz")


def _command(*, process: str) -> tuple[str, ...]:
    """What containers run too."""
    return (PYTHON, "-m", "shared.launch", process)


def _metrics(*, stack: stacks.Stack, name: str) -> dict[str, str]:
    return {"PROMETHEUS_MULTIPROC_DIR": str(stack.run_dir / "metrics" / name)}


def _version() -> str:
    return f"py {sys.version.split()[0]}"
