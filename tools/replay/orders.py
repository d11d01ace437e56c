"""Placing invoices as orders: one customer's in turn, many customers at once, each followed to its end."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tools.replay import client, crowd, plan
from tools.replay.errors import ReplayError

FINAL = frozenset({"completed", "cancelled"})
WAIT_SECONDS = 30
SHORTEST_PAUSE = 0.05
LONGEST_PAUSE = 1.0


@dataclass(slots=True, kw_only=True)
class Placed:
    """One invoice and what became of it."""

    invoice: plan.Invoice
    order_id: str = ""
    status: str = ""
    reason: str = ""
    total: Decimal = Decimal("0.00")
    replayed: bool = False
    seconds: float | None = None
    refusal: str = ""

    @property
    def final(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self.status in FINAL or bool(self.refusal)

    def take(self, body: Mapping[str, Any]) -> None:
        """Remember what the API says of the order."""
        self.order_id, self.status = str(body["id"]), str(body["status"])
        self.reason = str(body.get("reason") or "")
        if self.status == "completed":
            self.total = Decimal(str(body["total"]))


async def place(
    *,
    api: client.Api,
    bearer: client.Bearer,
    wanted: plan.Plan,
    invoice: plan.Invoice,
    products: Mapping[str, str],
) -> Placed:
    """Place one invoice and follow it to its end, as long as the API's patience lasts.

    Args:
        api: the gateway.
        bearer: the customer.
        wanted: the plan, for the key.
        invoice: what to order.
        products: the products' ids by sku.

    """
    placed = Placed(invoice=invoice)
    items = [{"product_id": products[sku], "quantity": units} for sku, units in invoice.lines.items()]
    request = client.Request(
        method="POST",
        path=f"{client.API}/orders/",
        json={"items": items},
        key=wanted.key("order", invoice.number),
        wait_seconds=WAIT_SECONDS,
    )
    try:
        answer = await api.call(request, bearer=bearer)
    except ReplayError as error:
        placed.refusal = str(error)
        return placed
    if not answer.ok:
        placed.refusal = f"{answer.status} {answer.code} {answer.text}"
        return placed
    placed.take(answer.body)
    placed.replayed = answer.replayed
    if placed.replayed or not placed.final:
        await follow(api=api, bearer=bearer, placed=placed, seconds=api.patience)
    if placed.final and not placed.replayed:
        placed.seconds = time.monotonic() - answer.sent_at
    return placed


async def follow(*, api: client.Api, bearer: client.Bearer, placed: Placed, seconds: float) -> None:
    """Ask for an order until it is final or the time is over.

    The first look does not wait: a replayed answer may be of yesterday, and the order final since.
    An order that cannot be seen stays as it was last known, and the books will show it.
    """
    deadline = time.monotonic() + seconds
    wait, pause = 0, SHORTEST_PAUSE
    while True:
        request = client.Request(method="GET", path=f"{client.API}/orders/{placed.order_id}/", wait_seconds=wait)
        try:
            placed.take((await api.do(request, bearer=bearer)).body)
        except ReplayError:
            return
        if placed.final or time.monotonic() > deadline:
            return
        if wait:  # the API may be too busy to let us wait, and answer at once: do not make it busier
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        wait = WAIT_SECONDS


async def place_all(
    *,
    api: client.Api,
    bearers: Mapping[str, client.Bearer],
    wanted: plan.Plan,
    products: Mapping[str, str],
    concurrency: int,
    done: Callable[[Placed], None],
) -> list[Placed]:
    """Place every invoice; return them in the order in which they came to their end.

    Args:
        api: the gateway.
        bearers: the customers by name.
        wanted: the plan.
        products: the products' ids by sku.
        concurrency: how many customers order at the same time.
        done: called after each.

    """
    results: list[Placed] = []

    async def serve(one: tuple[plan.Customer, list[plan.Invoice]]) -> None:
        customer, invoices = one
        bearer = bearers[customer.name]
        for invoice in invoices:
            placed = await place(api=api, bearer=bearer, wanted=wanted, invoice=invoice, products=products)
            results.append(placed)
            done(placed)

    await crowd.work_through(wanted.by_customer(), act=serve, concurrency=concurrency)
    return results


async def settle(
    *, api: client.Api, bearers: Mapping[str, client.Bearer], placed: list[Placed], seconds: float
) -> None:
    """Wait for the orders that were still open when their customer went on.

    Args:
        api: the gateway.
        bearers: the customers by name.
        placed: all orders; those that are final are left alone.
        seconds: how long to wait at most.

    """
    unsettled = [each for each in placed if not each.final]

    async def wait(each: Placed) -> None:
        await follow(api=api, bearer=bearers[each.invoice.customer], placed=each, seconds=seconds)

    await crowd.work_through(unsettled, act=wait, concurrency=len(unsettled))
