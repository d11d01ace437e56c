"""What these tests start from: orders in every state, made the real way, with a clean outbox."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import services
from orders.models import Order, OrderLine, TimelineEntry
from shared.db.models import uuid7
from shared.events import contracts
from shared.testing.events import clear_outbox, deliver

PRICE = Decimal("2.50")
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def placed(user_id: UUID | None = None, *, quantities: Sequence[int] = (2,), now: datetime | None = None) -> UUID:
    """Place an order of new products, so many of each."""
    lines = [{"product_id": uuid7(), "quantity": quantity} for quantity in quantities]
    order = services.order_place(user_id=user_id or uuid7(), lines=lines, now=now or timezone.now())
    clear_outbox()
    return UUID(str(order["id"]))


def processing(user_id: UUID | None = None, **how: Any) -> UUID:
    """Place an order whose stock is held."""
    order_id = placed(user_id, **how)
    tell(reserved(order_id))
    return order_id


def completed(user_id: UUID | None = None, **how: Any) -> UUID:
    """Place an order that is paid and settled."""
    order_id = processing(user_id, **how)
    tell(captured(order_id), contracts.StockCommitted(order_id=order_id))
    return order_id


def cancelled(user_id: UUID | None = None, **how: Any) -> UUID:
    """Place an order that its customer cancelled; nothing is settled yet."""
    order_id = placed(user_id, **how)
    services.order_cancel(order_id=order_id, actor=row(order_id).user_id, is_staff=False)
    clear_outbox()
    return order_id


def sold(user_id: UUID, total: str, at: datetime) -> UUID:
    """Write an order down that was completed and settled at a time, without its story."""
    held = {"status": "completed", "stock": "committed", "money": "captured", "total": total}
    return _written(user_id, at, {**held, "settled_at": at})


def _written(user_id: UUID, at: datetime, columns: dict[str, Any]) -> UUID:
    """Write an order's row, and nothing else."""
    times = {"placed_at": at, "placed_on": at.astimezone(UTC).date(), "deadline_at": at, "updated_at": at}
    return UUID(str(Order.objects.create(user_id=user_id, currency="GBP", **times, **columns).id))


def tell(*events: contracts.Contract) -> None:
    """Deliver events, and forget what was said about them."""
    for event in events:
        assert deliver(event) == "handled"
    clear_outbox()


def reserved(order_id: UUID, **changes: Any) -> contracts.StockReserved:
    """Return catalog's word that every line is held."""
    lines = tuple(
        contracts.ReservedLine(
            product_id=line.product_id,
            sku=f"SKU-{number}",
            name=f"Thing {number}",
            quantity=line.quantity,
            unit_price=PRICE,
        )
        for number, line in enumerate(OrderLine.objects.filter(order_id=order_id).order_by("id"))
    )
    total = sum((line.quantity * line.unit_price for line in lines), Decimal(0))
    return contracts.StockReserved(**{"order_id": order_id, "lines": lines, "total": total, **changes})


def rejected(order_id: UUID, reason: str = "insufficient_stock", available: int | None = 1) -> contracts.StockRejected:
    """Return catalog's word that the first line cannot be held."""
    line = OrderLine.objects.filter(order_id=order_id).order_by("id")[0]
    short = contracts.Shortage(product_id=line.product_id, requested=line.quantity, available=available)
    return contracts.StockRejected(order_id=order_id, reason=reason, shortages=(short,))  # type: ignore[arg-type]


def captured(order_id: UUID) -> contracts.PaymentCaptured:
    """Return users' word that the money was taken."""
    return contracts.PaymentCaptured(order_id=order_id, transfer_id=uuid7())


def refunded(order_id: UUID) -> contracts.PaymentRefunded:
    """Return users' word that the money went back."""
    return contracts.PaymentRefunded(order_id=order_id, transfer_id=uuid7())


def row(order_id: UUID) -> Order:
    """Return the order as it is now."""
    return Order.objects.get(id=order_id)


def state(order_id: UUID) -> tuple[str, str, str, str, bool]:
    """Return status, reason, stock, money and whether it is settled."""
    order = row(order_id)
    return order.status, order.reason, order.stock, order.money, order.settled_at is not None


def timeline(order_id: UUID) -> list[tuple[str, str, str, str]]:
    """Return kind, from, to and cause of each entry."""
    entries = TimelineEntry.objects.filter(order_id=order_id).order_by("id")
    return list(entries.values_list("kind", "from_status", "to_status", "cause"))


def later(order_id: UUID, seconds: int) -> None:
    """Let so much time pass for an order, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE orders SET deadline_at = deadline_at - %s, next_ask_at = next_ask_at - %s WHERE id = %s",
            [timedelta(seconds=seconds), timedelta(seconds=seconds), order_id],
        )


def seconds_until(order_id: UUID, column: str) -> float:
    """Return how far away one of the order's times is, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT extract(epoch FROM {column} - now())::float FROM orders WHERE id = %s", [order_id])
        (found,) = cursor.fetchone()
    return float(found)


def statements(act: Callable[[], object]) -> list[str]:
    """Return the first word of each statement, without savepoints and the look-up of revoked tokens once a second."""
    with CaptureQueriesContext(connection) as captured:
        act()
        asked = [query["sql"] for query in captured.captured_queries if '"subjects"' not in query["sql"]]
    return [sql.split()[0] for sql in asked if not sql.startswith(("SAVEPOINT", "RELEASE"))]
