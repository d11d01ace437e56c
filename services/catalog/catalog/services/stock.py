"""Stock: what is held for orders, sold, given back, and set by staff.

Lock order, everywhere: the reservation's row first, then products by ascending id.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from catalog import selectors
from catalog.domain import reservations
from catalog.domain.reservations import Missing, Step
from catalog.models import Product, Reservation, StockEntry
from shared import metrics
from shared.db import prepared
from shared.errors import BusinessRuleBroken, NotFound
from shared.events import outbox
from shared.events.contracts import (
    Contract,
    ReservedLine,
    Shortage,
    StockCommitted,
    StockRejected,
    StockReleased,
    StockReserved,
)
from shared.http.ready import generation

log = logging.getLogger(__name__)


class StockBelowReserved(BusinessRuleBroken):
    """What is reserved for orders cannot be taken off the shelf."""

    code = "stock_below_reserved"
    message = "The stock cannot be less than what is reserved for orders."


# One statement for all lines. Under READ COMMITTED it sees rows as they were when it began; `locked` waits
# for others and returns each row's latest version (PostgreSQL manual, 13.2.1), so the decision rests on what
# `locked` says and never on the snapshot. The UPDATE then meets an older version in its snapshot, follows it
# to the latest, which this transaction has locked, and adds to that one's `reserved`.
_RESERVE = """
WITH asked AS (
    SELECT * FROM unnest(%(products)s::uuid[], %(quantities)s::bigint[]) AS a (product_id, quantity)
), locked AS MATERIALIZED (
    SELECT id, sku, name, price, on_hand - reserved AS available
      FROM product
     WHERE id = ANY(%(products)s::uuid[]) AND is_active
     ORDER BY id
       FOR NO KEY UPDATE
), verdict AS MATERIALIZED (
    SELECT asked.*, sku, name, price, available,
           bool_and(coalesce(available >= quantity, false)) OVER () AS feasible
      FROM asked LEFT JOIN locked ON locked.id = asked.product_id
), taken AS (
    UPDATE product SET reserved = product.reserved + verdict.quantity
      FROM verdict
     WHERE product.id = verdict.product_id AND verdict.feasible
), noted AS (
    INSERT INTO reservation_line (reservation_id, product_id, quantity, unit_price, sku, name)
    SELECT %(order)s, product_id, quantity, price, sku, name FROM verdict WHERE feasible
), priced AS (
    UPDATE reservation SET total = (SELECT sum(quantity * price) FROM verdict)
     WHERE order_id = %(order)s AND (SELECT bool_and(feasible) FROM verdict)
)
SELECT product_id, quantity, sku, name, price AS unit_price, available FROM verdict ORDER BY product_id
"""

# Commit, release and restock: the same statement with other factors.
_MOVE = """
WITH locked AS MATERIALIZED (
    SELECT product.id, line.quantity
      FROM reservation_line line JOIN product ON product.id = line.product_id
     WHERE line.reservation_id = %(order)s
     ORDER BY product.id
       FOR NO KEY UPDATE OF product
), moved AS (
    UPDATE product
       SET on_hand = product.on_hand + %(shelf)s * locked.quantity,
           reserved = product.reserved + %(hold)s * locked.quantity
      FROM locked
     WHERE product.id = locked.id
), noted AS (
    INSERT INTO stock_entry (product_id, delta, reason, order_id)
    SELECT id, %(shelf)s * quantity, %(entry)s, %(order)s FROM locked WHERE %(shelf)s <> 0
)
UPDATE reservation SET state = %(state)s, updated_at = now() WHERE order_id = %(order)s
"""


@transaction.atomic(savepoint=False)
def stock_reserve(*, order_id: UUID, user_id: UUID, lines: Iterable[tuple[UUID, int]]) -> None:
    """Hold all lines of an order or none and say what became of it; asked again, say its present state.

    Args:
        order_id: the order.
        user_id: whose order it is.
        lines: product id and quantity; repeated products are added up.
    """
    if not _first(order_id=order_id, user_id=user_id, state=reservations.HELD):
        outbox.append(_answer(_locked(order_id)))
        return
    verdict = _hold(order_id, reservations.merged(lines))
    missing = [_missing(line) for line in verdict if _is_short(line)]
    if missing:
        outbox.append(_reject(order_id, missing))
        return
    _count(reservations.HELD)
    outbox.append(_reserved(order_id, verdict))


@transaction.atomic(savepoint=False)
def stock_commit(*, order_id: UUID) -> None:
    """Turn an order's hold into a sale and say so; in any other state, say that state.

    Args:
        order_id: the order, which is paid.
    """
    found = _lock(order_id)
    if found is None:
        log.error("commit_without_reservation", extra={"order_id": str(order_id)})
        return
    _rise(found, reservations.commit(found.state))


@transaction.atomic(savepoint=False)
def stock_release(*, order_id: UUID, user_id: UUID) -> None:
    """Give back what an order holds or has bought and say so; before its reservation, leave a tombstone.

    Args:
        order_id: the order, which is cancelled.
        user_id: whose order it is.
    """
    if _first(order_id=order_id, user_id=user_id, state=reservations.RELEASED):
        _count(reservations.RELEASED)
        outbox.append(StockReleased(order_id=order_id))
        return
    reservation = _locked(order_id)
    _rise(reservation, reservations.release(reservation.state))


@transaction.atomic
def stock_set(*, key: str, on_hand: int | None = None, delta: int | None = None) -> dict[str, Any]:
    """Set what is on hand, or change it by a difference, and return the product; the ledger notes the change.

    Args:
        key: the product's id or slug.
        on_hand: the counted units, or None.
        delta: units that came (or went, below zero); used when `on_hand` is None.

    Raises:
        NotFound: there is no such product.
        StockBelowReserved: more is reserved for orders than would be left.
    """
    product = Product.objects.select_for_update(no_key=True).filter(selectors.by_key(key)).first()
    if product is None:
        raise NotFound("There is no such product.")
    wanted = product.on_hand + (delta or 0) if on_hand is None else on_hand
    if wanted < product.reserved:
        raise StockBelowReserved(f"{product.reserved} are reserved for orders, so the stock cannot become {wanted}.")
    if change := wanted - product.on_hand:
        Product.objects.filter(id=product.id).update(on_hand=wanted, updated_at=Now())
        reason = StockEntry.Reason.ADJUST if on_hand is None else StockEntry.Reason.SET
        StockEntry.objects.create(product=product, delta=change, reason=reason)
        generation.renew()
    return selectors.product_get(key=str(product.id), include_inactive=True)


_FIRST = "INSERT INTO reservation (order_id, user_id, state) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"


def _first(*, order_id: UUID, user_id: UUID, state: str) -> bool:
    """Write the order's reservation unless there is one; a concurrent writer of it is waited for."""
    return prepared.execute(_FIRST, [order_id, user_id, state]) == 1


_COLUMNS = ("order_id", "user_id", "state", "reason", "total")
_LOCK = f"SELECT {', '.join(_COLUMNS)} FROM reservation WHERE order_id = %s FOR UPDATE"  # noqa: S608 (the names above)


def _lock(order_id: UUID) -> Reservation | None:
    """Return the order's reservation, locked, if it has one."""
    found = prepared.rows(_LOCK, [order_id])
    return Reservation.from_db(connection.alias, _COLUMNS, found[0]) if found else None


def _locked(order_id: UUID) -> Reservation:
    """Return the order's reservation, which is there, locked; raises DoesNotExist."""
    found = _lock(order_id)
    if found is None:
        raise Reservation.DoesNotExist
    return found


def _hold(order_id: UUID, quantities: Mapping[UUID, int]) -> list[dict[str, Any]]:
    """Hold all products or none; returns a row for each with what was found under the lock."""
    values: dict[str, Any] = {
        "order": order_id,
        "products": prepared.array(quantities),
        "quantities": prepared.array(quantities.values()),
    }
    return prepared.named(_RESERVE, values)


def _is_short(line: Mapping[str, Any]) -> bool:
    """Return whether a line is one of those that could not be held."""
    return line["available"] is None or line["available"] < line["quantity"]


def _missing(line: Mapping[str, Any]) -> Missing:
    """Return a line that could not be held as a fact."""
    return Missing(product_id=line["product_id"], requested=line["quantity"], available=line["available"])


def _reject(order_id: UUID, missing: list[Missing]) -> StockRejected:
    """Note that nothing is held, and why; returns what to say."""
    reason = reservations.reason_for(missing)
    shortages = tuple(
        Shortage(product_id=each.product_id, requested=each.requested, available=each.available) for each in missing
    )
    Reservation.objects.filter(order_id=order_id).update(
        state=reservations.REJECTED,
        reason=reason,
        shortages=[each.model_dump(mode="json") for each in shortages],
        updated_at=Now(),
    )
    _count(reservations.REJECTED)
    return StockRejected(order_id=order_id, reason=reason, shortages=shortages)


def _rise(reservation: Reservation, step: Step | None) -> None:
    """Take a locked reservation up a step, unless it is above already, and say where it is."""
    if step is not None:
        values: dict[str, Any] = {"order": reservation.order_id, **asdict(step)}
        prepared.execute(_MOVE, values)
        reservation.state = step.state
        _count(step.state)
    outbox.append(_answer(reservation))


def _answer(reservation: Reservation) -> Contract:
    """Return the event that says a reservation's present state."""
    order_id = reservation.order_id
    if reservation.state == reservations.COMMITTED:
        return StockCommitted(order_id=order_id)
    if reservation.state == reservations.RELEASED:
        return StockReleased(order_id=order_id)
    if reservation.state == reservations.REJECTED:
        return StockRejected.model_validate(
            {"order_id": order_id, "reason": reservation.reason, "shortages": reservation.shortages}
        )
    fields = ("product_id", "quantity", "unit_price", "sku", "name")
    return _reserved(order_id, reservation.lines.order_by("product_id").values(*fields))


def _reserved(order_id: UUID, lines: Iterable[Mapping[str, Any]]) -> StockReserved:
    """Return the event that says what is held, line by line."""
    held = tuple(ReservedLine.model_validate(line) for line in lines)
    total = sum(line.unit_price * line.quantity for line in held)
    return StockReserved.model_validate({"order_id": order_id, "lines": held, "total": total})


def _count(outcome: str) -> None:
    """Count what became of a reservation, once that is committed."""
    transaction.on_commit(metrics.RESERVATIONS.labels(outcome=outcome).inc)
