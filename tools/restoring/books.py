"""What is compared: rows that are only ever added, the sums of the ledger, events and their numbers. Reads only."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta

import psycopg

#: Rows that are written once: table -> key, and when its transaction began.
ADDED: dict[str, dict[str, tuple[str, str]]] = {
    "users": {"ledger_transfers": ("id", "created_at")},
    "catalog": {"stock_entry": ("id", "created_at")},
    "orders": {"orders": ("id", "placed_at")},
}
EVENTS = {"events_outbox": ("event_id", "occurred_at"), "events_inbox": ("event_id", "handled_at")}
SURELY = timedelta(seconds=15)
"""What began so long before a snapshot is in it: no transaction of the load takes longer."""
_LEDGER = """
SELECT coalesce(sum(amount) FILTER (WHERE book = 'wallet'), 0) - (SELECT coalesce(sum(balance), 0) FROM wallets),
       coalesce(sum(amount), 0)
  FROM ledger_entries
"""
_NUMBERS = """
SELECT count(*) FROM events_outbox WHERE id > (SELECT last_value FROM events_outbox_id_seq)
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """How a table came back."""

    service: str
    form: str
    table: str
    rows: int
    missing: int
    """Of what was surely in the snapshot."""
    invented: int
    """That the lost database did not know."""

    @property
    def good(self) -> bool:
        """Tell whether nothing is missing and nothing came from nowhere."""
        return not self.missing and not self.invented


def compared(*, service: str, form: str, taken_at: datetime, lost: str, restored: str) -> list[Row]:
    """Compare a restored database with the one that it stands for, which has gone on since.

    Args:
        service: whose.
        form: of the backup.
        taken_at: when the backup was begun.
        lost: the address of the old database.
        restored: the address of the new one.
    """
    found = []
    for table, (key, when) in (ADDED[service] | EVENTS).items():
        old, new = (_times(address, table, key, when) for address in (lost, restored))
        surely = {each for each, at in old.items() if at < taken_at - SURELY}
        counts = {"rows": len(new), "missing": len(surely - set(new)), "invented": len(set(new) - set(old))}
        found.append(Row(service=service, form=form, table=table, **counts))
    return found


def _times(address: str, table: str, key: str, when: str) -> dict[str, datetime]:
    with psycopg.connect(address) as connection:
        return dict(connection.execute(f"SELECT {key}::text, {when} FROM {table}").fetchall())  # noqa: S608  (names from above)


def contradictions(*, addresses: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the restored ledger and with the numbers of events, in words.

    Args:
        addresses: of the restored databases, by service.
    """
    found = []
    with psycopg.connect(addresses["users"]) as connection:
        row = connection.execute(_LEDGER).fetchone()
        if row is None or any(row):
            found.append(f"the ledger does not add up: {row}")
    for service, address in addresses.items():
        with psycopg.connect(address) as connection:
            ahead = connection.execute(_NUMBERS).fetchone()
            if ahead != (0,):
                found.append(f"{service} would use numbers of events again: {ahead}")
    return found


def counted(address: str, query: str, *arguments: object) -> int:
    """Return the number that a query gives."""
    with psycopg.connect(address) as connection:
        row = connection.execute(query, arguments).fetchone()
        return int(row[0]) if row else 0


def unheard(*, sender: str, listener: str, kind: str) -> int:
    """Return how many events of a type a listener has not handled.

    Args:
        sender: the address of the database of who sends them.
        listener: the address of the database of who listens.
        kind: the type.
    """
    with psycopg.connect(sender) as connection:
        rows = connection.execute("SELECT event_id::text FROM events_outbox WHERE type = %s", [kind]).fetchall()
    known = "SELECT count(*) FROM events_inbox WHERE event_id = ANY(%s::uuid[])"
    return len(rows) - counted(listener, known, [row[0] for row in rows])


def handled_already(*, sent: Mapping[str, str], since: datetime) -> int:
    """Return how many deliveries of the events since a time meet a service that has handled them.

    Args:
        sent: the addresses of all databases, by service.
        since: events that happened then or later are sent again.
    """
    again: set[str] = set()
    for address in sent.values():
        with psycopg.connect(address) as connection:
            query = "SELECT event_id::text FROM events_outbox WHERE occurred_at >= %s"
            again |= {row[0] for row in connection.execute(query, [since])}
    query = "SELECT count(*) FROM events_inbox WHERE event_id = ANY(%s::uuid[])"
    return sum(counted(address, query, list(again)) for address in sent.values())
