"""One part's turn: how a Deployment replaces it, with the strategies of helm/service.

Web, worker and relay: the new process is ready before the old one is asked to end, and web's old one goes on answering
for a moment after new connections go elsewhere (preStop). Beat: the old one ends first, for there are never two.
"""

import dataclasses
import time

from devstack import config, ephemeral, part, ports
from devstack.parts import service
from tools.rolling.street import Street

LEAVING_SECONDS = 1.0
"""Between the last new connection and SIGTERM; a cluster, where the news spreads slowly, takes ten times as long."""
NEXT = ".next"
ORDER = ("web", "worker", "relay", "beat")
ALL = tuple(f"{name}.{process}" for process in ORDER for name in config.SERVICES)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Turn:
    """What happened to a part; times are in seconds of the monotonic clock."""

    name: str
    began: float
    ready: float
    """When the new process was ready."""
    ended: float
    """When the old one had ended."""


def take(*, system: ephemeral.System, street: Street, name: str, back: bool = False) -> Turn:
    """Replace a part of a running system; blocks until the old process has ended.

    Args:
        system: to which it belongs.
        street: leads to web.
        name: such as orders.web.
        back: from the successor of an earlier turn to the first process's ports.

    Raises:
        DevstackError: the new process was not ready in time.
    """
    new = _first(system=system, name=name) if back else _next(system=system, street=street, name=name)
    old = f"{name}{NEXT}" if back else name
    began = time.monotonic()
    if name.endswith(".beat"):
        system.remove(old)
        ended = time.monotonic()
        system.add(new)
        return Turn(name=new.name, began=began, ready=time.monotonic(), ended=ended)
    system.add(new)
    ready = time.monotonic()
    if line := street.lines.get(name):
        line.lead(target=new.ports[name])
        time.sleep(LEAVING_SECONDS)
    system.remove(old)
    return Turn(name=new.name, began=began, ready=ready, ended=time.monotonic())


def _first(*, system: ephemeral.System, name: str) -> part.Part:
    return next(one for one in service.build(stack=system.stack, service=name.partition(".")[0]) if one.name == name)


def _next(*, system: ephemeral.System, street: Street, name: str) -> part.Part:
    """Describe a part's successor: the same on other ports, with metrics of its own."""
    first = _first(system=system, name=name)
    chosen = ports.assign(names=first.ports, given={}, remembered={}, preferred={})
    seen = dataclasses.replace(system.stack, ports={**system.stack.ports, **chosen})
    built = service.build(stack=seen, service=name.partition(".")[0])
    new = next(one for one in built if one.name == name)
    changed = {"JWKS_URL": street.keys_url}
    if metrics := new.environment.get("PROMETHEUS_MULTIPROC_DIR"):
        changed["PROMETHEUS_MULTIPROC_DIR"] = f"{metrics}{NEXT}"
    return dataclasses.replace(new, name=f"{name}{NEXT}", environment={**new.environment, **changed})
