"""The lines between services and stores: one proxy for each pair, all in one thread of their own."""

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from types import TracebackType
from typing import Any, Self

from devstack import config, ports
from tools.chaos import proxy

STORES = ("postgres", "rabbitmq", "valkey")
SECONDS = 10.0


class Network:
    """Every hop from a service to a store, by (service, store)."""

    def __init__(self, *, targets: Mapping[str, int]) -> None:
        names = [f"{service}-{store}" for service in config.SERVICES for store in STORES]
        chosen = ports.assign(names=names, given={}, remembered={}, preferred={})
        self._lines = {
            (service, store): proxy.Proxy(port=chosen[f"{service}-{store}"], target=targets[store])
            for service in config.SERVICES
            for store in STORES
        }
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="chaos-network", daemon=True)

    def __enter__(self) -> Self:
        """Start all lines."""
        self._thread.start()
        for line in self._lines.values():
            self._do(line.start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all lines."""
        for line in self._lines.values():
            self._do(line.stop())
        self._do(_farewell())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    def ports(self, *, service: str) -> dict[str, int]:
        """Return where a service reaches each store."""
        return {store: self._lines[service, store].port for store in STORES}

    def set(self, *, service: str, store: str, mode: proxy.Mode, delay: float = 0.0) -> None:
        """Change one line; may be called from any thread."""
        self._do(self._lines[service, store].set(mode, delay=delay))

    def heal(self) -> None:
        """Make every line good again."""
        for line in self._lines.values():
            if line.mode is not proxy.Mode.PASS:
                self._do(line.set(proxy.Mode.PASS))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)


async def _farewell() -> None:
    """Let the tasks of ended connections come to their end."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
