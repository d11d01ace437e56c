"""The customers: registered once per file, funded once per run with what their invoices will cost."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tools.replay import client, plan, session
from tools.replay.errors import ReplayError

_CREATED = 201
_BAD_REQUEST = 400


async def open_account(*, api: client.Api, customer: plan.Customer) -> session.Session:
    """Register a customer, who may be registered already, and return their session, logged in.

    Raises:
        ReplayError: the registration was refused for another reason.

    """
    account = session.Session(api=api, email=customer.email, password=customer.password)
    answer = await api.call(
        client.Request(
            method="POST",
            path=f"{client.API}/users/",
            json={
                "email": customer.email,
                "username": customer.username,
                "password": customer.password,
                "password_confirm": customer.password,
            },
        )
    )
    if answer.status != _CREATED and not _is_known(answer):
        raise ReplayError(
            f"Customer {customer.name} cannot be registered",
            why=f"{answer.status} {answer.code} {answer.text}",
            remedy="look at `make logs S=users`",
        )
    await account.token()  # passwords are dear to check: not while orders are timed
    return account


def deposit(*, wanted: plan.Plan, customer: plan.Customer, user_id: str, amount: Decimal) -> client.Request:
    """Return the request that pays in what a customer's invoices cost; once, however often it is sent."""
    return client.Request(
        method="POST",
        path=f"{client.API}/wallet/deposits/",
        json={
            "user_id": user_id,
            "amount": f"{amount:.2f}",
            "reference": f"replay {wanted.run[:12]}",
        },
        key=wanted.key("deposit", customer.name),
    )


async def spent(*, api: client.Api, bearer: client.Bearer, orders: Iterable[str]) -> dict[str, Decimal]:
    """Return what left a customer's wallet for each of some orders: payments less refunds.

    Args:
        api: the gateway.
        bearer: the customer.
        orders: the orders' ids; entries of other orders, deposits and transfers are not looked at.

    """
    left = dict.fromkeys(orders, Decimal("0.00"))
    async for entry in api.pages(f"{client.API}/wallet/entries/?limit=100", bearer=bearer):
        order = _order_of(entry)
        if order in left:
            left[order] -= Decimal(str(entry["amount"]))
    return left


def _order_of(entry: Mapping[str, object]) -> str:
    return str(entry.get("order_id") or "")


def _is_known(answer: client.Answer) -> bool:
    """Tell whether a registration failed only because the address is taken."""
    errors = answer.body.get("errors")
    return (
        answer.status == _BAD_REQUEST
        and isinstance(errors, dict)
        and set(errors) <= {"email", "username"}
        and bool(errors)
    )
