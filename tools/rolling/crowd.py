"""The load of a rolling restart: chaos' customers who order and pay each other, others who look and who wait."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from typing import Protocol

from devstack import demo
from tools.chaos import load, market
from tools.chaos.caller import Caller
from tools.chaos.history import History
from tools.replay import client
from tools.replay.errors import ReplayError

CUSTOMERS = 40
STOCK = 100_000
CONNECTIONS = 64
PATIENCE = 120.0
ANSWER_SECONDS = 65.0
"""A little longer than the gateway waits: what counts is a refusal, not that the machine is busy."""
LOOKS_PER_SECOND = 8.0
WAITERS = 4
WAIT_SECONDS = 2
HABITS = load.Habits(cancel_within=1.0)


class Staffed(Protocol):
    """A system with the demo data, wherever it runs."""

    @property
    def password(self) -> str:
        """The password of the staff of the demonstration."""


class Crowd:
    """Customers at work while the block of `busy` runs.

    Args:
        api: the gateway.
        history: where it is written down.
        orders: the load of orders.
        opened: what is sold, and to whom.
        rate: orders started per second.
    """

    def __init__(self, *, api: Caller, history: History, orders: load.Load, opened: market.Market, rate: float) -> None:
        self.history = history
        self._api, self._orders, self._market, self._rate = api, orders, opened, rate
        self._dice = random.Random(1)  # noqa: S311  (to be repeated)
        self._going = True

    @contextlib.asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Keep all of them busy; after the block each request under way is answered or given up."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._order(group))
            group.create_task(self._look())
            for _ in range(WAITERS):
                group.create_task(self._wait())
            try:
                yield
            finally:
                self._going = False
        await self._orders.resolve()

    async def _order(self, group: asyncio.TaskGroup) -> None:
        while self._going:
            group.create_task(self._orders.run(seconds=1.0, rate=self._rate))
            await asyncio.sleep(1.0)

    async def _look(self) -> None:
        """Look at the shop, which is catalog's part of the load."""
        while self._going:
            product = self._dice.choice(self._market.products)
            await self._quietly(client.Request(method="GET", path=f"{client.API}/products/{product}/"))
            await asyncio.sleep(1.0 / LOOKS_PER_SECOND)

    async def _wait(self) -> None:
        """Hold a request open for seconds, as who waits for an order does."""
        by_email = {each.email: each for each in self._market.customers}
        while self._going:
            known = [each for each in self.history.placings[-50:] if each.order_ids]
            if not known:
                await asyncio.sleep(0.2)
                continue
            placing = self._dice.choice(known)
            path = f"{client.API}/orders/{next(iter(placing.order_ids))}/"
            request = client.Request(method="GET", path=path, wait_seconds=WAIT_SECONDS)
            await self._quietly(request, bearer=by_email[placing.customer].session)
            await asyncio.sleep(0.05)

    async def _quietly(self, request: client.Request, bearer: client.Bearer | None = None) -> None:
        """Ask; what went wrong is in the history."""
        with contextlib.suppress(ReplayError):
            await self._api.call(request, bearer=bearer)


@contextlib.asynccontextmanager
async def gathered(*, system: Staffed, url: str, rate: float) -> AsyncIterator[Crowd]:
    """Register the customers and fill the shelves; raises ReplayError when a step is refused.

    Args:
        system: where staff of the demonstration can log in.
        url: the gateway that all of it goes through.
        rate: orders started per second.
    """
    history = History()
    limits = {"patience": PATIENCE, "seconds": ANSWER_SECONDS}
    async with Caller(base_url=url, connections=CONNECTIONS, history=history, **limits) as api:
        staff = await market.signed_in(api=api, email=demo.STAFF, password=system.password)
        opened = await market.open_market(api=api, staff=staff, customers=CUSTOMERS, stock=STOCK)
        history.attempts.clear()
        dice = random.Random(1)  # noqa: S311  (to be repeated)
        orders = load.Load(api=api, market=opened, history=history, dice=dice, habits=HABITS)
        yield Crowd(api=api, history=history, orders=orders, opened=opened, rate=rate)
