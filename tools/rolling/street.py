"""What stands between the gateway and web while its processes change: in a cluster a Service, here a line for each.

A Service leads each new connection to a process that is ready, and leaves the open ones where they are. So does a line.
A gateway of its own looks at the lines; the system's own gateway goes on looking at the processes themselves.
"""

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator

from devstack import config, ephemeral, part, ports
from devstack import stack as stacks
from devstack.parts import envoy
from tools.chaos.history import SERVER_ERROR
from tools.chaos.proxy import Proxy

GATEWAY = "gateway.rolling"
FAREWELL_SECONDS = 0.2
"""In which the tasks of ended connections come to their end."""
_WEBS = tuple(f"{name}.web" for name in config.SERVICES)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Street:
    """The way in: a gateway, and behind it a line to each service's web."""

    url: str
    lines: dict[str, Proxy]
    """By name of the part, such as orders.web."""

    @property
    def keys_url(self) -> str:
        """Return where processes find the public keys of tokens, whichever process of users serves them."""
        return f"http://{ports.LOOPBACK}:{self.lines['users.web'].port}/.well-known/jwks.json"


@contextlib.asynccontextmanager
async def opened(*, system: ephemeral.System) -> AsyncIterator[Street]:
    """Lay the lines and start the gateway in front of them; raises DevstackError when it does not start."""
    names = [*_WEBS, "gateway", "gateway.admin"]
    chosen = ports.assign(names=names, given={}, remembered={}, preferred={})
    lines = {name: Proxy(port=chosen[name], target=system.port(name)) for name in _WEBS}
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.sleep, FAREWELL_SECONDS)
        for line in lines.values():
            await line.start()
            stack.push_async_callback(line.stop)
        await asyncio.to_thread(system.add, _gateway(stack=system.stack, chosen=chosen))
        stack.push_async_callback(asyncio.to_thread, system.remove, GATEWAY)
        yield Street(url=f"http://{ports.LOOPBACK}:{chosen['gateway']}", lines=lines)


def _gateway(*, stack: stacks.Stack, chosen: dict[str, int]) -> part.Part:
    """Describe a gateway that sees the lines, with files of its own."""
    own = stack.run_dir / "rolling"
    own.mkdir(exist_ok=True)
    moved = dataclasses.replace(stack.config, run_dir=own)
    seen = dataclasses.replace(stack, config=moved, ports={**stack.ports, **chosen})
    return dataclasses.replace(envoy.build(stack=seen), name=GATEWAY)


def refusals(*, log: str) -> list[str]:
    """Return what the gateway says of each request that failed, and why (Envoy's response flags and details).

    Args:
        log: its access log, a JSON object on each line among others.
    """
    found = []
    for line in log.splitlines():
        with contextlib.suppress(ValueError, KeyError, TypeError):
            entry = json.loads(line)
            if int(entry["status"] or 0) >= SERVER_ERROR:
                found.append(" ".join(str(entry[name]) for name in ("method", "path", "status", "flags", "reason")))
    return found
