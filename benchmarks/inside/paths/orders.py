"""Hot paths of orders: placing, reading one's own, and the answers that settle an order."""

import itertools
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID, uuid4

from django.utils import timezone

from benchmarks.inside import placing
from benchmarks.inside.paths import Client, Path
from orders import services
from orders.wsgi import application
from shared.events.contracts import PaymentCaptured, StockCommitted, StockReserved
from shared.events.contracts.catalog import ReservedLine
from shared.testing import events, tokens

_PRICE = Decimal("9.99")


def paths() -> dict[str, Path]:
    """Return the paths by name."""
    client = Client(application=application)
    customer = uuid4()
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens.token(customer, exp=2**32)}"}
    order_id = _order(customer)
    customers = _tokens()
    return {
        "order placed, 3 lines": _placing(client, customers, 3),
        "order placed, 25 lines": _placing(client, customers, 25),
        "own order": Path(act=lambda: client.ask(f"/api/v2/orders/{order_id}/", headers=bearer)),
        "own orders": Path(act=lambda: client.ask("/api/v2/orders/", headers=bearer)),
        "order settled, its three answers": _settling(),
    }


def _tokens() -> Iterator[str]:
    """Return an endless row of customers' tokens, each used once: who waits for an order cannot place another."""
    return (tokens.token(uuid4(), exp=2**32) for _ in itertools.count())


def _placing(client: Client, customers: Iterator[str], lines: int) -> Path:
    """Return the placing of an order by a customer of its own."""
    body = placing.body(lines=lines).encode()
    ready: list[str] = []

    def act() -> None:
        headers = {"HTTP_AUTHORIZATION": f"Bearer {ready.pop()}", "HTTP_IDEMPOTENCY_KEY": str(uuid4())}
        client.ask("/api/v2/orders/", method="POST", body=body, expected="202", headers=headers)

    return Path(act=act, prepare=lambda: ready.append(next(customers)))


def _order(user_id: UUID) -> UUID:
    """Place an order of three lines."""
    lines = [{"product_id": UUID(int=number), "quantity": 1} for number in range(1, 4)]
    found: UUID = services.order_place(user_id=user_id, lines=lines, now=timezone.now())["id"]
    return found


def _settling() -> Path:
    """Return the handling of all that the other services answer about an order of three lines."""
    waiting: list[UUID] = []
    lines = tuple(
        ReservedLine(product_id=UUID(int=number), sku=f"S{number}", name="Thing", quantity=1, unit_price=_PRICE)
        for number in range(1, 4)
    )

    def act() -> None:
        order_id = waiting.pop()
        answers = (
            StockReserved(order_id=order_id, lines=lines, total=3 * _PRICE),
            PaymentCaptured(order_id=order_id, transfer_id=uuid4()),
            StockCommitted(order_id=order_id),
        )
        for answer in answers:
            if (outcome := events.deliver(answer)) != "handled":
                raise RuntimeError(f"{answer.TYPE} was {outcome}")

    return Path(act=act, prepare=lambda: waiting.append(_order(uuid4())))
