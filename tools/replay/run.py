"""The replay from its first request to its books: which step follows which, not how one is done."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from rich.console import Console

from tools.replay import accounts, books, client, crowd, orders, plan, report, session, shop, stack

SETTLE_SECONDS = 1000.0  # more than ORDER_TIMEOUT: by then the system itself has cancelled what hung
_BALANCE_PAUSE = 1.0

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to replay."""

    concurrency: int = 16
    patience: float = 120.0
    grace: float = 60.0  # seconds: compensation goes on after `cancelled`, and the books are read again meanwhile
    watch: AbstractContextManager[Any] = field(
        default_factory=nullcontext
    )  # kept open from the first order to the last


async def replay(*, wanted: plan.Plan, target: stack.Target, options: Options, console: Console) -> bool:
    """Do the whole replay and show its results; tell whether the books balance.

    Args:
        wanted: the plan.
        target: where, and as which member of staff.
        options: how.
        console: where to show it.

    Raises:
        ReplayError: a step before the first order failed.

    """
    connections = options.concurrency + 4
    async with client.Api(base_url=target.base_url, connections=connections, patience=options.patience) as api:
        staff = session.Session(api=api, email=target.staff_email, password=target.staff_password)
        return await _Job(api=api, wanted=wanted, options=options, console=console).run(staff)


class _Job:
    """One replay under way."""

    def __init__(self, *, api: client.Api, wanted: plan.Plan, options: Options, console: Console) -> None:
        self._api, self._wanted, self._options, self._console = api, wanted, options, console
        self._sessions: dict[str, session.Session] = {}

    async def run(self, staff: session.Session) -> bool:
        with self._console.status("importing the products"):
            already_stocked = await shop.stock_up(api=self._api, staff=staff, wanted=self._wanted)
            found = await shop.shelves(api=self._api, skus=self._wanted.products)
        shop.check(wanted=self._wanted, found=found)
        await self._open_accounts(staff)
        placed, speed = await self._place({sku: shelf.product_id for sku, shelf in found.items()})
        lines = await self._balance(placed, found=_available(found), already_stocked=already_stocked)
        report.show_orders(console=self._console, placed=placed, speed=speed)
        report.show_books(console=self._console, lines=lines)
        return all(line.balanced for line in lines)

    async def _open_accounts(self, staff: session.Session) -> None:
        total = len(self._wanted.customers)
        with report.steps(console=self._console, name="customers", total=total) as steps:

            async def welcome(one: tuple[plan.Customer, list[plan.Invoice]]) -> None:
                customer, invoices = one
                account = await accounts.open_account(api=self._api, customer=customer)
                amount = sum((invoice.total for invoice in invoices), Decimal("0.00"))
                deposit = accounts.deposit(
                    wanted=self._wanted, customer=customer, user_id=account.user_id, amount=amount
                )
                await self._api.do(deposit, bearer=staff)
                self._sessions[customer.name] = account
                steps.advance()

            await self._all(self._wanted.by_customer(), welcome)

    async def _place(self, products: dict[str, str]) -> tuple[list[orders.Placed], report.Speed]:
        with self._options.watch:
            return await self._placed(products)

    async def _placed(self, products: dict[str, str]) -> tuple[list[orders.Placed], report.Speed]:
        started = time.monotonic()
        with report.steps(console=self._console, name="orders", total=len(self._wanted.invoices)) as steps:
            placed = await orders.place_all(
                api=self._api,
                bearers=self._sessions,
                wanted=self._wanted,
                products=products,
                concurrency=self._options.concurrency,
                done=steps.advance,
            )
        with self._console.status("waiting for the last order to settle"):
            await orders.settle(api=self._api, bearers=self._sessions, placed=placed, seconds=SETTLE_SECONDS)
        settled = [each.seconds for each in placed if each.seconds is not None]
        return placed, report.Speed(seconds=time.monotonic() - started, settled=settled)

    async def _balance(
        self, placed: list[orders.Placed], *, found: Mapping[str, int], already_stocked: bool
    ) -> list[books.Check]:
        deadline = time.monotonic() + self._options.grace
        with self._console.status("reading the books"):
            while True:
                evidence = books.Evidence(
                    placed=placed,
                    left_wallets=await self._left_wallets(placed),
                    found=found,
                    now=_available(await shop.shelves(api=self._api, skus=self._wanted.products)),
                    already_stocked=already_stocked,
                )
                lines = books.checks(wanted=self._wanted, evidence=evidence)
                if all(line.balanced for line in lines) or time.monotonic() > deadline:
                    return lines
                await asyncio.sleep(_BALANCE_PAUSE)

    async def _left_wallets(self, placed: list[orders.Placed]) -> dict[str, Decimal]:
        by_customer: dict[str, list[str]] = {}
        for each in placed:
            if each.order_id:
                by_customer.setdefault(each.invoice.customer, []).append(each.order_id)
        left: dict[str, Decimal] = {}

        async def look(one: tuple[str, list[str]]) -> None:
            name, ids = one
            left.update(await accounts.spent(api=self._api, bearer=self._sessions[name], orders=ids))

        await self._all(by_customer.items(), look)
        return left

    async def _all(self, items: Iterable[Item], act: Callable[[Item], Awaitable[None]]) -> None:
        await crowd.work_through(items, act=act, concurrency=self._options.concurrency)


def _available(shelves: Mapping[str, shop.Shelf]) -> dict[str, int]:
    return {sku: shelf.available for sku, shelf in shelves.items()}
