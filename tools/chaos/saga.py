"""I3: the three services tell the same story of every order. Pure; over rows of all three databases."""

from collections.abc import Iterable
from decimal import Decimal

from tools.chaos.evidence import Evidence, Row

Finding = tuple[str, str, list[str]]

CLEAR_STOCK = frozenset({"none", "released", "rejected"})
CLEAR_MONEY = frozenset({"none", "declined", "voided", "refunded"})
PROMISE = "I3 one story"


def check(evidence: Evidence) -> Iterable[Finding]:
    """Yield every way in which orders, reservations and payments disagree once nothing moves any more."""
    rules = {
        "completed, but not both committed and captured": _half_done,
        "cancelled, but stock is held or money is kept": _half_undone,
        "not settled, or other than the participants say": _misheard,
        "paid something else than the lines add up to": _mispriced,
    }
    for text, breaks in rules.items():
        wrong = [_told(row, evidence) for row in evidence.orders.values() if breaks(row, evidence)]
        if wrong:
            yield PROMISE, f"{len(wrong)} orders are {text}", wrong
    for name, rows in (("reservations", evidence.reservations), ("payments", evidence.payments)):
        if strays := sorted(set(rows) - set(evidence.orders)):
            yield PROMISE, f"{len(strays)} {name} belong to no order", strays


def _stock(row: Row, evidence: Evidence) -> str:
    return str(evidence.reservations.get(row["id"], {}).get("state", "none"))


def _money(row: Row, evidence: Evidence) -> str:
    return str(evidence.payments.get(row["id"], {}).get("state", "none"))


def _half_done(row: Row, evidence: Evidence) -> bool:
    done = (_stock(row, evidence), _money(row, evidence)) == ("committed", "captured")
    return (row["status"] == "completed") != done


def _half_undone(row: Row, evidence: Evidence) -> bool:
    clear = _stock(row, evidence) in CLEAR_STOCK and _money(row, evidence) in CLEAR_MONEY
    return bool(row["status"] == "cancelled" and not clear)


def _misheard(row: Row, evidence: Evidence) -> bool:
    heard = (row["stock"], row["money"]) == (_stock(row, evidence), _money(row, evidence))
    return not (row["settled"] and heard)


def _mispriced(row: Row, evidence: Evidence) -> bool:
    if row["status"] != "completed":
        return False
    paid: Decimal | None = evidence.payments.get(row["id"], {}).get("amount")
    held: Decimal | None = evidence.reservations.get(row["id"], {}).get("total")
    return not row["total"] == row["lines"] == held == paid


def _told(row: Row, evidence: Evidence) -> str:
    seen = f"stock {row['stock']}/{_stock(row, evidence)}, money {row['money']}/{_money(row, evidence)}"
    return f"{row['id']} {row['status']} {row['reason']}: {seen}".replace(" :", ":")
