"""What Plaza promises about orders, as questions to the three databases: at every moment, and at the end.

Each service has its own laws (`<service>/selectors/invariants.py`); what holds between the services is told here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from databases import Database

Rows = list[tuple[Any, ...]]

HELD = ("held", "committed")
STOCK_CLEAR = ("released", "rejected")
MONEY_CLEAR = ("declined", "voided", "refunded")
# How far a participant has come: what orders believes may lag behind, never run ahead.
_RANK = {"none": 0, "held": 1, "committed": 2, "released": 3, "rejected": 3} | {
    "captured": 1,
    "declined": 2,
    "voided": 2,
    "refunded": 2,
}


class Broken(AssertionError):
    """A promise is broken."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """One order: what orders believes, and what the participants really did."""

    id: str
    user_id: str
    status: str
    reason: str
    believed: tuple[str, str]
    total: Decimal | None
    is_settled: bool
    stock: str
    held_for: Decimal | None
    money: str
    charged: Decimal | None

    def __str__(self) -> str:
        return f"{self.status} {self.reason} (stock {self.stock}, money {self.money}, believed {self.believed})"


_STATES = {
    "orders": (
        "SELECT id, user_id, status, reason, stock, money, total, settled_at IS NOT NULL FROM orders ORDER BY placed_at"
    ),
    "catalog": "SELECT order_id, state, total FROM reservation",
    "users": "SELECT order_id, state, amount FROM payments",
}


def read(databases: Mapping[str, Database]) -> dict[str, Rows]:
    """Return what some services know about orders."""
    return {service: database.rows(_STATES[service]) for service, database in databases.items()}


def stories(rows: Mapping[str, Rows]) -> list[Story]:
    """Return every order with what became of its stock and its money, the oldest first."""
    orders, nothing = rows["orders"], ("none", None)
    stock, money = ({key: facts for key, *facts in rows[service]} for service in ("catalog", "users"))
    known = {row[0] for row in orders}
    if strangers := (set(stock) | set(money)) - known:
        raise Broken(f"reservations or payments without an order: {strangers}")
    return [_story(row, stock.get(row[0], nothing), money.get(row[0], nothing)) for row in orders]


def _story(order: Sequence[Any], stock: Sequence[Any], money: Sequence[Any]) -> Story:
    key, user_id, status, reason, *believed, total, is_settled = order
    return Story(
        id=str(key),
        user_id=str(user_id),
        status=status,
        reason=reason,
        believed=(believed[0], believed[1]),
        total=total,
        is_settled=is_settled,
        stock=stock[0],
        held_for=stock[1],
        money=money[0],
        charged=money[1],
    )


def hold_now(story: Story) -> None:
    """Check what must hold at every moment; raises Broken."""
    if story.status == "completed" and not (story.stock in HELD and story.money == "captured"):
        raise Broken(f"completed with stock {story.stock} and money {story.money}")
    if story.is_settled and not _agrees(story):
        raise Broken(f"settled as {story}")
    if _is_ahead(story):
        raise Broken(f"orders believes more than is true: {story}")
    held_for = story.held_for if story.stock in HELD else None
    if len({story.total, story.charged, held_for} - {None}) > 1:
        raise Broken(f"ordered for {story.total}, held for {held_for}, charged {story.charged}")


def _is_ahead(story: Story) -> bool:
    """Return whether orders believes that a participant has come further than it has."""
    pairs = zip(story.believed, (story.stock, story.money), strict=True)
    return any(_RANK[believed] > _RANK[true] for believed, true in pairs)


def _agrees(story: Story) -> bool:
    """Return whether both participants are where the order's final status wants them."""
    if story.status == "completed":
        return (story.stock, story.money) == ("committed", "captured")
    return story.status == "cancelled" and story.stock in STOCK_CLEAR and story.money in MONEY_CLEAR


def hold_at_the_end(databases: Mapping[str, Database]) -> None:
    """Check what must hold once nothing is under way: every order is settled, the books balance; raises Broken."""
    for story in stories(read(databases)):
        hold_now(story)
        if not (story.is_settled and _agrees(story)):
            raise Broken(f"not settled: {story}")
    for service, database in databases.items():
        if failed := database.rows("SELECT type, error FROM events_failed"):
            raise Broken(f"{service} could not handle {failed}")
    _money_is_that_of_completed_orders(databases)
    _stock_is_that_of_completed_orders(databases)


def _money_is_that_of_completed_orders(databases: Mapping[str, Database]) -> None:
    (sold,) = databases["orders"].rows("SELECT coalesce(sum(total), 0) FROM orders WHERE status = 'completed'")
    (booked,) = databases["users"].rows("SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE book = 'sales'")
    if sold != booked:
        raise Broken(f"completed orders cost {sold[0]}, customers have paid {booked[0]}")


def _stock_is_that_of_completed_orders(databases: Mapping[str, Database]) -> None:
    reserved = databases["catalog"].rows("SELECT id, reserved FROM product WHERE reserved <> 0")
    if reserved:
        raise Broken(f"reserved for nobody: {reserved}")
    ordered = databases["orders"].rows(
        "SELECT l.product_id, sum(l.quantity)::bigint FROM order_lines l JOIN orders o ON o.id = l.order_id"
        " WHERE o.status = 'completed' GROUP BY 1"
    )
    moved = databases["catalog"].rows(
        "SELECT product_id, -sum(delta)::bigint FROM stock_entry WHERE order_id IS NOT NULL GROUP BY 1"
    )
    sold, left = Counter(dict(ordered)), Counter({key: units for key, units in moved if units})
    if sold != left:
        raise Broken(f"completed orders took {sold}, the shelf lacks {left}")


# An effect happens once: no event stands twice in the story of an order.
TOLD_ONCE = {
    "timeline_tells_an_event_once": """
        SELECT order_id, event_id, count(*) AS times FROM order_timeline
         WHERE event_id IS NOT NULL GROUP BY order_id, event_id HAVING count(*) > 1"""
}


def one_question(laws: Mapping[str, str]) -> str:
    """Return all laws of a service as one statement that returns the name and a row of each that is broken."""
    each = [
        f"SELECT '{name}', (SELECT to_jsonb(r) FROM ({sql.rstrip().rstrip(';')}) AS r LIMIT 1)"
        for name, sql in laws.items()
    ]
    return f"SELECT * FROM ({' UNION ALL '.join(each)}) AS found (law, row) WHERE row IS NOT NULL"
