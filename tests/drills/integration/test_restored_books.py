"""What a restore drill compares, on small databases."""

from datetime import UTC, datetime

import psycopg
import pytest

from devstack import ephemeral
from tools.restoring import books

_TABLES = """
CREATE TABLE orders (id int, placed_at timestamptz);
CREATE TABLE events_outbox (id bigserial, event_id uuid DEFAULT gen_random_uuid(), occurred_at timestamptz,
                            type text DEFAULT 't');
CREATE TABLE events_inbox (event_id uuid, handled_at timestamptz);
CREATE TABLE wallets (balance numeric);
CREATE TABLE ledger_entries (book text, amount numeric);
"""
TAKEN = datetime(2026, 1, 1, 12, tzinfo=UTC)
LONG_BEFORE, JUST_BEFORE = "2026-01-01T11:00Z", "2026-01-01T11:59:55Z"


@pytest.fixture(scope="module")
def server():
    with ephemeral.stores(names=["postgres"]) as stores:
        yield stores


@pytest.fixture
def pair(server):
    """Two databases with the tables: the addresses of the lost one and of the restored one."""
    addresses = []
    for name in ("lost", "restored"):
        with psycopg.connect(server.maintenance_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name}")
            connection.execute(f"CREATE DATABASE {name}")
        addresses.append(server.database_url(name=name))
        run(addresses[-1], _TABLES)
    return addresses


def run(address, statement):
    with psycopg.connect(address) as connection:
        connection.execute(statement)


def orders(pair):
    lost, restored = pair
    rows = books.compared(service="orders", form="json", taken_at=TAKEN, lost=lost, restored=restored)
    return next((row.rows, row.missing, row.invented) for row in rows if row.table == "orders")


def test_rows_that_came_back_are_neither_missing_nor_invented(pair):
    for address in pair:
        run(address, f"INSERT INTO orders VALUES (1, '{LONG_BEFORE}')")
    run(pair[0], f"INSERT INTO orders VALUES (2, '{JUST_BEFORE}'), (3, '2026-01-01T13:00Z')")

    assert orders(pair) == (1, 0, 0)


def test_a_row_that_was_surely_in_the_snapshot_is_missed(pair):
    run(pair[0], f"INSERT INTO orders VALUES (1, '{LONG_BEFORE}')")

    assert orders(pair) == (0, 1, 0)


def test_a_row_that_nobody_knew_is_invented(pair):
    run(pair[1], f"INSERT INTO orders VALUES (1, '{LONG_BEFORE}')")

    assert orders(pair) == (1, 0, 1)


def test_a_ledger_that_does_not_add_up_and_numbers_used_again_are_told(pair):
    _, restored = pair
    assert books.contradictions(addresses={"users": restored}) == []

    run(restored, "INSERT INTO ledger_entries VALUES ('wallet', 5), ('cash', -5); INSERT INTO events_outbox VALUES (9)")

    told = books.contradictions(addresses={"users": restored})
    assert [one.partition(":")[0] for one in told] == [
        "the ledger does not add up",
        "users would use numbers of events again",
    ]


def test_deliveries_to_who_has_handled_them_are_counted(pair):
    lost, restored = pair
    known = "00000000-0000-7000-8000-000000000001"
    run(lost, f"INSERT INTO events_outbox VALUES (1, '{known}', '{LONG_BEFORE}'), (2, DEFAULT, '{LONG_BEFORE}')")
    run(restored, f"INSERT INTO events_inbox VALUES ('{known}', '{JUST_BEFORE}')")

    def already(since):
        return books.handled_already(sent={"a": lost, "b": restored}, since=since)

    assert already(datetime(2026, 1, 1, 10, tzinfo=UTC)) == 1
    assert already(TAKEN) == 0


def test_events_that_a_listener_has_not_handled_are_counted_by_type(pair):
    sender, listener = pair
    known = "00000000-0000-7000-8000-000000000001"
    run(sender, f"INSERT INTO events_outbox VALUES (1, '{known}'), (2, DEFAULT)")
    run(sender, "INSERT INTO events_outbox (id, type) VALUES (3, 'u')")
    run(listener, f"INSERT INTO events_inbox VALUES ('{known}')")

    assert books.unheard(sender=sender, listener=listener, kind="t") == 1
