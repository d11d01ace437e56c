"""A fixed number of workers on one queue; the first failure stops all and is what the caller sees."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


async def work_through(items: Iterable[Item], *, act: Callable[[Item], Awaitable[None]], concurrency: int) -> None:
    """Do something with every item.

    Args:
        items: taken in their order.
        act: what to do; its first failure is raised here, after the others have been stopped.
        concurrency: how many at the same time.

    """
    queue = iter(items)

    async def worker() -> None:
        for item in queue:
            await act(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(worker())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
