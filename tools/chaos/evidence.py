"""What the databases say in the end: orders, stock, money and events of all three services, and the audits' findings.

The checker's second half. Read-only, directly, because no API shows another service's side of an order.
"""

import re
import runpy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row

from devstack import config, ephemeral
from shared.upkeep.across import looking

READ_ONLY = "-c default_transaction_read_only=on -c statement_timeout=10s"
SHARED = "shared/shared/upkeep/invariants.py"

#: Each question is answered by one type of event, once for each time it was handled: more answers than questions
#: handled mean that one was handled twice.
_ANSWERS = """
SELECT (SELECT count(*) FROM events_outbox WHERE type = ANY(%(answers)s)) AS given,
       (SELECT count(*) FROM events_inbox WHERE type = ANY(%(questions)s)) AS asked
"""
ANSWERS = {
    "catalog": (
        ("orders.order_placed.v1", "orders.order_completed.v1", "orders.order_cancelled.v1"),
        ("stock_reserved", "stock_rejected", "stock_committed", "stock_released"),
    ),
    "users": (
        ("orders.payment_requested.v1", "orders.order_cancelled.v1"),
        ("payment_captured", "payment_declined", "payment_refunded", "payment_voided"),
    ),
}
#: The timeline names the event behind each entry: one event, one entry.
TWICE = """
SELECT order_id, event_id, cause, count(*) AS times FROM order_timeline
 WHERE event_id IS NOT NULL GROUP BY order_id, event_id, cause HAVING count(*) > 1
"""
_ORDERS = """
SELECT id::text, status, reason, stock, money, settled_at IS NOT NULL AS settled FROM orders
"""
_RESERVATIONS = "SELECT order_id::text AS id, state FROM reservation"
_PAYMENTS = "SELECT order_id::text AS id, state FROM payments"
_TRANSFERS = "SELECT count(*) AS count FROM ledger_transfers WHERE kind = 'transfer'"
_PUBLISHED = "SELECT event_id::text, type, sent_at IS NOT NULL AS sent, dead_at IS NOT NULL AS dead FROM events_outbox"
_HANDLED = "SELECT event_id::text FROM events_inbox"
_FAILED = """
SELECT event_id::text, type, attempts, error, dead_at IS NOT NULL AS dead, left(envelope::text, 2000) AS envelope
  FROM events_failed
"""
_BOUND = re.compile(r"\.events is bound to (.+)")

Row = dict[str, Any]


@dataclass(kw_only=True)
class Mail:
    """One service's events: what it published, what it handled, what failed, and what it listens to."""

    published: list[Row] = field(default_factory=list)
    handled: set[str] = field(default_factory=set)
    failed: list[Row] = field(default_factory=list)
    listens: set[str] = field(default_factory=set)


@dataclass(kw_only=True)
class Evidence:
    """Everything that the databases know in the end."""

    orders: dict[str, Row] = field(default_factory=dict)
    reservations: dict[str, Row] = field(default_factory=dict)
    payments: dict[str, Row] = field(default_factory=dict)
    transfers: int = 0
    mail: dict[str, Mail] = field(default_factory=dict)
    twice: list[Row] = field(default_factory=list)
    answers: dict[str, tuple[int, int]] = field(default_factory=dict)
    """service -> answers given, questions handled."""
    findings: dict[str, list[Row]] = field(default_factory=dict)
    """service.invariant -> rows that break it."""


def read(*, system: ephemeral.System) -> Evidence:
    """Read everything; raises psycopg.Error when a database cannot be reached."""
    found = Evidence()
    for name in config.SERVICES:
        with connect(system=system, service=name) as connection:
            found.mail[name] = _mail(connection, log=system.log(f"{name}.migrate", lines=200))
            found.findings |= audit(connection, service=name, sql=invariants(service=name))
            if name in ANSWERS:
                found.answers[name] = answers(connection, service=name)
            _own(found, connection, service=name)
    found.findings |= across(system=system)
    return found


def across(*, system: ephemeral.System) -> dict[str, list[Row]]:
    """Run the audit across the services, which holds at any moment; return the rows that break each of its laws."""
    addresses = {name: system.database_url(name) for name in config.SERVICES}
    outcome = looking.look(addresses, age=0)
    return {f"across.{law}": rows for law, rows in outcome.rows.items() if rows}


def connect(*, system: ephemeral.System, service: str) -> "psycopg.Connection[Row]":
    """Open a read-only connection to a service's database, past the proxies."""
    return psycopg.connect(
        system.database_url(service), autocommit=True, connect_timeout=2, options=READ_ONLY, row_factory=dict_row
    )


def invariants(*, service: str, shared: bool = True) -> dict[str, str]:
    """Return a service's invariants, name -> SQL that must return no row, with those that every service has."""
    paths = ([SHARED] if shared else []) + [f"services/{service}/{service}/selectors/invariants.py"]
    found: dict[str, str] = {}
    for path in paths:
        if (config.ROOT / path).exists():
            found |= runpy.run_path(str(config.ROOT / path))["INVARIANTS"]
    return found


def audit(connection: "psycopg.Connection[Row]", *, service: str, sql: Mapping[str, str]) -> dict[str, list[Row]]:
    """Run invariants; return the rows that break each, without those that hold."""
    found = {f"{service}.{name}": connection.execute(query).fetchmany(20) for name, query in sql.items()}
    return {name: rows for name, rows in found.items() if rows}


def answers(connection: "psycopg.Connection[Row]", *, service: str) -> tuple[int, int]:
    """Return how many answers a participant gave, and to how many questions."""
    questions, given = ANSWERS[service]
    values = {"questions": list(questions), "answers": [f"{service}.{name}.v1" for name in given]}
    row = connection.execute(_ANSWERS, values).fetchone()
    return (row["given"], row["asked"]) if row else (0, 0)


def _mail(connection: "psycopg.Connection[Row]", *, log: str) -> Mail:
    bound = _BOUND.findall(log)
    return Mail(
        published=connection.execute(_PUBLISHED).fetchall(),
        handled={row["event_id"] for row in connection.execute(_HANDLED)},
        failed=connection.execute(_FAILED).fetchall(),
        listens=set(bound[-1].split(", ")) if bound else set(),
    )


def _own(found: Evidence, connection: "psycopg.Connection[Row]", *, service: str) -> None:
    """Read what only one of the services has."""
    if service == "orders":
        found.orders = _by_id(connection.execute(_ORDERS).fetchall())
        found.twice = connection.execute(TWICE).fetchall()
    elif service == "catalog":
        found.reservations = _by_id(connection.execute(_RESERVATIONS).fetchall())
    else:
        found.payments = _by_id(connection.execute(_PAYMENTS).fetchall())
        found.transfers = sum(row["count"] for row in connection.execute(_TRANSFERS))


def _by_id(rows: Sequence[Row]) -> dict[str, Row]:
    return {row["id"]: row for row in rows}
