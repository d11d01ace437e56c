"""Before the load: five products that everybody wants, and customers, a few of them too poor."""

import asyncio
import uuid
from dataclasses import dataclass, field

from tools.replay import client, crowd, session
from tools.replay.errors import ReplayError

PRODUCTS = ("1.00", "2.50", "4.00", "9.99", "25.00")
"""Prices of the hot products; each costs more than a poor customer has."""
POOR_SHARE = 0.05
MONEY, LITTLE_MONEY = "2000.00", "0.50"
CONCURRENCY = 6
PASSWORD = "Correct-horse-7-battery"  # noqa: S105  (of customers who live for minutes)


@dataclass(frozen=True, kw_only=True)
class Customer:
    """Somebody with a wallet."""

    email: str
    poor: bool
    session: session.Session


@dataclass(kw_only=True)
class Market:
    """What is sold, and who buys."""

    products: list[str] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)

    @property
    def rich(self) -> list[Customer]:
        """Return who can pay."""
        return [each for each in self.customers if not each.poor]

    @property
    def poor(self) -> list[Customer]:
        """Return who cannot."""
        return [each for each in self.customers if each.poor]


async def open_market(*, api: client.Api, staff: session.Session, customers: int, stock: int) -> Market:
    """Make the products and the customers; raises ReplayError when a step is refused.

    Args:
        api: the gateway.
        staff: somebody who may.
        customers: how many, one in twenty too poor to buy anything.
        stock: units of each product.

    """
    market = Market()
    run = uuid.uuid4().hex[:8]
    await crowd.work_through(
        enumerate(PRODUCTS),
        act=lambda one: _sell(api, staff, market, sku=f"CHAOS-{run}-{one[0]}", price=one[1], stock=stock),
        concurrency=CONCURRENCY,
    )
    poor = max(1, round(customers * POOR_SHARE))
    names = [(f"chaos-{run}-{number}@plaza.example", number < poor) for number in range(customers)]
    await crowd.work_through(names, act=lambda one: _welcome(api, staff, market, *one), concurrency=CONCURRENCY)
    return market


async def _sell(api: client.Api, staff: session.Session, market: Market, *, sku: str, price: str, stock: int) -> None:
    body = {"sku": sku, "name": f"Hot thing {sku}", "price": price}
    made = await api.do(client.Request(method="POST", path=f"{client.API}/products/", json=body), bearer=staff)
    product_id = str(made.body["id"])
    shelf = client.Request(method="PATCH", path=f"{client.API}/products/{product_id}/stock/", json={"on_hand": stock})
    await api.do(shelf, bearer=staff)
    market.products.append(product_id)


async def _welcome(api: client.Api, staff: session.Session, market: Market, email: str, poor: bool) -> None:  # noqa: FBT001
    body = {"email": email, "username": "chaos", "password": PASSWORD, "password_confirm": PASSWORD}
    await api.do(client.Request(method="POST", path=f"{client.API}/users/", json=body))
    somebody = session.Session(api=api, email=email, password=PASSWORD)
    await somebody.token()
    amount = LITTLE_MONEY if poor else MONEY
    deposit = {"user_id": somebody.user_id, "amount": amount, "reference": "chaos"}
    request = client.Request(method="POST", path=f"{client.API}/wallet/deposits/", json=deposit, key=str(uuid.uuid4()))
    await api.do(request, bearer=staff)
    market.customers.append(Customer(email=email, poor=poor, session=somebody))


async def signed_in(*, api: client.Api, email: str, password: str) -> session.Session:
    """Return a member of staff, signed in; raises ReplayError when that does not succeed."""
    staff = session.Session(api=api, email=email, password=password)
    try:
        await staff.token()
    except ReplayError:
        await asyncio.sleep(1)  # the first answer of a service that has just started may come late
        await staff.token()
    return staff
