"""The load: orders at a steady rate with all that customers do wrong, and transfers between them."""

import asyncio
import random
import time
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from tools.chaos.history import History, Moving, Outcome, Placing
from tools.chaos.market import Customer, Market
from tools.replay import client, retry
from tools.replay.errors import ReplayError

KEY_REUSED = 422
ORDERS, TRANSFERS = f"{client.API}/orders/", f"{client.API}/wallet/transfers/"


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How often customers do what: shares of the orders, and seconds."""

    cancel: float = 0.10
    cancel_within: float = 5.0
    twice: float = 0.05
    other_body: float = 0.02
    poor: float = 0.05
    transfers: float = 0.10
    """Transfers for each order."""


class Load:
    """Customers at work.

    Args:
        api: the gateway.
        market: what they buy.
        history: where it is written down.
        dice: what decides who does what.
        habits: how often.

    """

    def __init__(
        self, *, api: client.Api, market: Market, history: History, dice: random.Random, habits: Habits
    ) -> None:
        self._api, self._market, self._history = api, market, history
        self._dice, self._habits = dice, habits
        self._served = dict.fromkeys((each.email for each in market.customers), 0.0)
        """When each customer was last at it; whoever waited longest comes next, for one may have one order pending."""

    async def run(self, *, seconds: float, rate: float) -> None:
        """Start an order every 1/rate seconds for so many seconds, and wait until each is answered or given up."""
        begun = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(int(seconds * rate)):
                await asyncio.sleep(max(0.0, begun + number / rate - time.monotonic()))
                for work in self._next():
                    group.create_task(work)

    async def resolve(self) -> None:
        """Ask once more for everything that nobody has an answer to; the system is healed."""
        by_email = {each.email: each for each in self._market.customers}
        for each in self._history.unknown:
            customer = by_email[each.customer]
            request = _order(each) if isinstance(each, Placing) else _transfer(each)
            await self._ask(request, customer, each, doubtful=True)

    def _next(self) -> list[Coroutine[Any, Any, None]]:
        """Choose what happens now; everything is drawn at once, so that a seed gives one sequence of wishes."""
        dice, habits = self._dice, self._habits
        crowd = self._market.poor if dice.random() < habits.poor else self._market.rich
        key = str(uuid.UUID(int=dice.getrandbits(128)))
        placing = Placing(key=key, customer="", lines=self._basket(), began=time.monotonic())
        whims = [dice.random() < share for share in (habits.cancel, habits.twice, habits.other_body)]
        delay, transfers = dice.random() * habits.cancel_within, dice.random() < habits.transfers
        payer, payee = dice.sample(self._market.rich, 2)
        amount, key = f"{dice.randint(1, 500) / 100:.2f}", str(uuid.UUID(int=dice.getrandbits(128)))
        customer = min(crowd, key=lambda each: self._served[each.email])
        self._served[customer.email] = time.monotonic()
        work = [self._customer(customer, placing, whims, delay)]
        if transfers:
            work.append(self._move(payer, Moving(key=key, customer=payer.email, to=payee.email, amount=amount), payee))
        return work

    def _basket(self) -> tuple[tuple[str, int], ...]:
        products = self._dice.sample(self._market.products, self._dice.choice((1, 1, 2)))
        return tuple((product, self._dice.randint(1, 2)) for product in products)

    async def _customer(self, customer: Customer, placing: Placing, whims: list[bool], delay: float) -> None:
        cancels, twice, other_body = whims
        placing.customer = customer.email
        self._history.placings.append(placing)
        same = [self._ask(_order(placing), customer, placing) for _ in range(2 if twice else 1)]
        await asyncio.gather(*same)
        if other_body and placing.order_ids:
            await self._reuse(customer, placing)
        if cancels and placing.order_ids:
            await asyncio.sleep(delay)
            await self._cancel(customer, placing)

    async def _ask(
        self, request: client.Request, customer: Customer, wish: Placing | Moving, *, doubtful: bool = False
    ) -> None:
        """Send a request that creates something, and note what is known of it afterwards."""
        try:
            answer = await self._api.call(request, bearer=customer.session)
        except ReplayError as error:
            wish.refusal = wish.refusal or str(error)
            return
        if answer.ok:
            wish.outcome = Outcome.ACKNOWLEDGED
            _learn(wish, answer, doubtful=doubtful)
        elif retry.leaves_doubt(status=answer.status):
            wish.refusal = f"{answer.status} {answer.code}"
        elif wish.outcome is Outcome.UNKNOWN:
            wish.outcome, wish.refusal = Outcome.REFUSED, answer.code or str(answer.status)

    async def _reuse(self, customer: Customer, placing: Placing) -> None:
        product, quantity = placing.lines[0]
        items = [{"product_id": product, "quantity": quantity + 10}]
        request = client.Request(method="POST", path=ORDERS, json={"items": items}, key=placing.key)
        answer = await self._quietly(request, customer)
        if answer:
            reused = self._history.reused
            reused[answer.status] = reused.get(answer.status, 0) + 1

    async def _cancel(self, customer: Customer, placing: Placing) -> None:
        path = f"{ORDERS}{next(iter(placing.order_ids))}/cancel/"
        request = client.Request(method="POST", path=path, key=f"{placing.key}-cancel")
        answer = await self._quietly(request, customer)
        placing.cancelled = bool(answer and answer.ok)

    async def _move(self, payer: Customer, moving: Moving, payee: Customer) -> None:
        moving.to = payee.session.user_id
        self._history.movings.append(moving)
        await self._ask(_transfer(moving), payer, moving)

    async def _quietly(self, request: client.Request, customer: Customer) -> client.Answer | None:
        try:
            return await self._api.call(request, bearer=customer.session)
        except ReplayError:
            return None


def _learn(wish: Placing | Moving, answer: client.Answer, *, doubtful: bool) -> None:
    """Take over which order it became, and whether it had been done unheard."""
    if not isinstance(wish, Placing):
        return
    replayed = answer.headers.get("idempotency-replayed") == "true"
    wish.recovered |= replayed and (doubtful or answer.in_doubt)
    wish.order_ids.add(str(answer.body["id"]))


def _order(placing: Placing) -> client.Request:
    items = [{"product_id": product, "quantity": quantity} for product, quantity in placing.lines]
    return client.Request(method="POST", path=ORDERS, json={"items": items}, key=placing.key)


def _transfer(moving: Moving) -> client.Request:
    body = {"to": moving.to, "amount": moving.amount}
    return client.Request(method="POST", path=TRANSFERS, json=body, key=moving.key)
