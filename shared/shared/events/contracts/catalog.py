"""What catalog says: the state of an order's reservation, and its own background work."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.events.contracts.base import Contract, Money, Part


class ReservedLine(Part):
    """A held line with the name and price that hold for this order."""

    product_id: UUID
    sku: str
    name: str
    quantity: int = Field(gt=0)
    unit_price: Money


class Shortage(Part):
    """A line that could not be held; `available` is None for an unknown product."""

    product_id: UUID
    requested: int
    available: int | None


class StockReserved(Contract, type="catalog.stock_reserved.v1", subject="order_id"):
    """All lines of the order are held."""

    order_id: UUID
    lines: tuple[ReservedLine, ...]
    total: Money


class StockRejected(Contract, type="catalog.stock_rejected.v1", subject="order_id"):
    """Nothing is held, and never will be for this order."""

    order_id: UUID
    reason: Literal["insufficient_stock", "unknown_product"]
    shortages: tuple[Shortage, ...]


class StockCommitted(Contract, type="catalog.stock_committed.v1", subject="order_id"):
    """The held stock has left the shelf."""

    order_id: UUID


class StockReleased(Contract, type="catalog.stock_released.v1", subject="order_id"):
    """Nothing is held for the order, and never will be again."""

    order_id: UUID


class ImportAdvanced(Contract, type="catalog.import_advanced.v1", subject="import_id"):
    """A job: the next batch of an import, from the given byte of its file (catalog to itself)."""

    import_id: UUID
    offset: int = Field(ge=0)
