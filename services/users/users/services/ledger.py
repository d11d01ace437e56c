"""Moving money: balances change only together with the entries that say why. For the services here only.

Balances change by one conditional statement each, so that no balance is ever computed from an old read.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from shared.db import prepared
from shared.db.models import uuid7
from users.domain.ledger import WALLET_LIMIT, Kind, legs
from users.models import Transfer

# By hand, like all that every order passes through: the ORM takes several times as long to say it.
_TAKE = """
UPDATE wallets SET balance = balance - %(amount)s, updated_at = now()
 WHERE user_id = %(wallet)s AND balance >= %(amount)s
"""
_GIVE = """
UPDATE wallets SET balance = balance + %(amount)s, updated_at = now()
 WHERE user_id = %(wallet)s AND (%(limit)s::numeric IS NULL OR balance <= %(limit)s::numeric - %(amount)s)
"""
_COLUMNS = ("id", "kind", "amount", "order_id", "reference", "created_at")
_RECORD = f"""
WITH made AS (
    INSERT INTO ledger_transfers (id, kind, amount, order_id, reference)
    VALUES (%(id)s, %(kind)s, %(amount)s, %(order)s, %(reference)s)
    RETURNING {", ".join(_COLUMNS)}
), entries AS (
    INSERT INTO ledger_entries (id, transfer_id, book, wallet_id, amount)
    SELECT leg.id, made.id, leg.book, leg.wallet_id, leg.amount
      FROM made, unnest(%(ids)s::uuid[], %(books)s::text[], %(wallets)s::uuid[], %(amounts)s::numeric[])
                 AS leg (id, book, wallet_id, amount)
)
SELECT {", ".join(_COLUMNS)} FROM made
"""  # noqa: S608 (the names above)


def take(wallet_id: UUID, amount: Decimal) -> bool:
    """Take money out of a wallet; returns False, and takes nothing, when there is not enough."""
    return _moved(_TAKE, wallet=wallet_id, amount=amount)


def give(wallet_id: UUID, amount: Decimal, *, limit: Decimal | None = WALLET_LIMIT) -> bool:
    """Put money into a wallet; returns False when there is no such wallet or it would exceed the limit."""
    return _moved(_GIVE, wallet=wallet_id, amount=amount, limit=limit)


def _moved(statement: str, **values: Any) -> bool:
    """Return whether the statement changed a wallet."""
    return bool(prepared.execute(statement, values))


def record(
    *,
    kind: Kind,
    amount: Decimal,
    wallet_id: UUID,
    to: UUID | None = None,
    order_id: UUID | None = None,
    reference: str = "",
) -> Transfer:
    """Write a transfer and its two entries.

    Args:
        kind: why the money moves.
        amount: how much, above zero.
        wallet_id: into (deposit, refund) or out of (payment, transfer) which wallet.
        to: the receiving wallet of a transfer.
        order_id: of a payment or refund; each happens once per order.
        reference: for people.
    """
    sides = legs(kind=kind, amount=amount, wallet_id=wallet_id, to=to)
    values: dict[str, Any] = {
        "id": uuid7(),
        "kind": kind.value,
        "amount": amount,
        "order": order_id,
        "reference": reference,
        "ids": [uuid7() for _ in sides],
        "books": [leg.book.value for leg in sides],
        "wallets": [leg.wallet_id for leg in sides],
        "amounts": [leg.amount for leg in sides],
    }
    (row,) = prepared.rows(_RECORD, values)
    made: Transfer = Transfer.from_db(connection.alias, _COLUMNS, row)
    return made
