"""The reservation lattice: the states of an order's hold, what is asked of it, and what that moves.

States only rise (held -> committed -> released; rejected and released absorb), so that duplicates and any
order of events end in the same place.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Reason = Literal["insufficient_stock", "unknown_product"]

HELD = "held"
COMMITTED = "committed"
RELEASED = "released"
REJECTED = "rejected"
STATES = (HELD, COMMITTED, RELEASED, REJECTED)

INSUFFICIENT_STOCK: Reason = "insufficient_stock"
UNKNOWN_PRODUCT: Reason = "unknown_product"

COMMIT = "commit"
RESTOCK = "restock"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A rise to another state, and what each line's quantity does to its product on the way.

    Attributes:
        state: the state afterwards.
        shelf: factor for what is on hand (-1 leaves the shelf, +1 comes back).
        hold: factor for what is reserved.
        entry: the ledger's word for the change on the shelf, empty when there is none.
    """

    state: str
    shelf: int
    hold: int
    entry: str


_COMMITS = {HELD: Step(state=COMMITTED, shelf=-1, hold=-1, entry=COMMIT)}
_RELEASES = {
    HELD: Step(state=RELEASED, shelf=0, hold=-1, entry=""),
    COMMITTED: Step(state=RELEASED, shelf=1, hold=0, entry=RESTOCK),
}


def commit(state: str) -> Step | None:
    """Return what a completed order does to a reservation in this state; None when nothing."""
    return _COMMITS.get(state)


def release(state: str) -> Step | None:
    """Return what a cancelled order does to a reservation in this state; None when nothing."""
    return _RELEASES.get(state)


@dataclass(frozen=True, kw_only=True)
class Missing:
    """A line that cannot be held; `available` is None for an unknown product."""

    product_id: UUID
    requested: int
    available: int | None


def merged(lines: Iterable[tuple[UUID, int]]) -> dict[UUID, int]:
    """Return product -> quantity with repeated products added up, in the order of ids."""
    total: Counter[UUID] = Counter()
    for product_id, quantity in lines:
        total[product_id] += quantity
    return dict(sorted(total.items()))


def reason_for(missing: Iterable[Missing]) -> Reason:
    """Return why nothing is held: an unknown product weighs more than too little stock."""
    unknown = any(each.available is None for each in missing)
    return UNKNOWN_PRODUCT if unknown else INSUFFICIENT_STOCK
