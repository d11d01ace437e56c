"""How far an order's participants have come, as far as this service has heard; it only ever grows.

catalog and users are lattices whose final states absorb, so the higher of two reports is the truth,
whatever their order.
"""

from enum import StrEnum

from orders.domain.statuses import Status


class Stock(StrEnum):
    """What catalog last said about the reservation."""

    NONE = "none"
    HELD = "held"
    COMMITTED = "committed"
    RELEASED = "released"
    REJECTED = "rejected"

    @property
    def is_clear(self) -> bool:
        """Return whether nothing is held, and never will be."""
        return self in (Stock.RELEASED, Stock.REJECTED)

    def merged(self, other: "Stock") -> "Stock":
        """Return the higher of two reports; of two final ones this one."""
        return other if _STOCK_RANK[other] > _STOCK_RANK[self] else self


class Money(StrEnum):
    """What users last said about the payment."""

    NONE = "none"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    DECLINED = "declined"
    VOIDED = "voided"

    @property
    def is_clear(self) -> bool:
        """Return whether no money is kept, and never will be."""
        return self in (Money.REFUNDED, Money.DECLINED, Money.VOIDED)

    def merged(self, other: "Money") -> "Money":
        """Return the higher of two reports; of two final ones this one."""
        return other if _MONEY_RANK[other] > _MONEY_RANK[self] else self


_STOCK_RANK = {Stock.NONE: 0, Stock.HELD: 1, Stock.COMMITTED: 2, Stock.RELEASED: 3, Stock.REJECTED: 3}
_MONEY_RANK = {Money.NONE: 0, Money.CAPTURED: 1, Money.REFUNDED: 2, Money.DECLINED: 2, Money.VOIDED: 2}


def is_settled(*, status: Status, stock: Stock, money: Money) -> bool:
    """Return whether both participants are where the order's status wants them for good."""
    if status is Status.COMPLETED:
        return stock is Stock.COMMITTED and money is Money.CAPTURED
    return status is Status.CANCELLED and stock.is_clear and money.is_clear
