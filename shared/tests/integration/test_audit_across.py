"""The audit across the services on three real databases, as their own migrations make them."""

import itertools
import os
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path
from uuid import UUID

import orjson
import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from shared.db.models import uuid7
from shared.upkeep.across import laws, looking, snapshots
from shared.upkeep.management.commands import audit_across

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]
USER = uuid7()


def address(name):
    settings = {**connection.settings_dict, "NAME": name}
    return "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**settings)


@pytest.fixture(scope="module")
def databases(django_db_setup, django_db_blocker):
    """Return the addresses of three new databases with the services' tables; they go with the module."""
    with django_db_blocker.unblock():
        prefix = f"{connection.settings_dict['NAME']}_across"
        made = {service: f"{prefix}_{service}" for service in snapshots.SERVICES}
        server = psycopg.connect(address("postgres"), autocommit=True)
        for name in made.values():
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        addresses = {service: address(name) for service, name in made.items()}
        running = [_migrate(service, addresses[service]) for service in made]
        assert [process.wait(timeout=120) for process in running] == [0, 0, 0]
    yield addresses
    for name in made.values():
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    server.close()


def _migrate(service, database):
    own = {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": f"{service}.settings", "LOG_FORMAT": "json"}
    command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity", "0"]
    return subprocess.Popen(command, cwd=ROOT / "services" / service, env={**os.environ, **own})


@pytest.fixture
def market(databases, monkeypatch):
    """Three empty databases, and verbs to fill them."""
    for service, place in databases.items():
        monkeypatch.setenv(f"{service.upper()}_DATABASE_URL", place)
    made = Market(databases)
    made.empty()
    yield made
    made.close()


class Market:
    """Rows of the three services, written past their services."""

    def __init__(self, addresses):
        self.orders, self.catalog, self.users = (
            psycopg.connect(addresses[service], autocommit=True) for service in ("orders", "catalog", "users")
        )

    def close(self):
        for each in (self.orders, self.catalog, self.users):
            each.close()

    def empty(self):
        self.orders.execute("DELETE FROM order_lines; DELETE FROM orders")
        self.catalog.execute("DELETE FROM reservation_line; DELETE FROM reservation")
        self.users.execute("DELETE FROM payments")

    def order(self, status="completed", *, total="5.00", price="2.50", settled="1 hour", order_id=None):
        """Write an order of two things, settled so long ago, or not at all."""
        order_id = order_id or uuid7()
        final = {"completed": ("committed", "captured"), "cancelled": ("released", "refunded")}
        stock, money = final[status] if settled else ("held", "none")
        with self.orders.transaction():
            self._insert(order_id, status, total, settled, stock, money)
            self.orders.execute(
                "INSERT INTO order_lines (order_id, product_id, quantity, unit_price) VALUES (%s, %s, 2, %s)",
                [order_id, uuid7(), price],
            )
        return order_id

    def _insert(self, order_id, status, total, settled, stock, money):
        self.orders.execute(
            """INSERT INTO orders (id, user_id, status, reason, stock, money, total, currency, placed_at, placed_on,
                                   deadline_at, next_ask_at, asks, settled_at, updated_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, 'GBP', now(), (now() AT TIME ZONE 'UTC')::date, now(),
                       CASE WHEN %s::interval IS NULL THEN now() END, 0, now() - %s::interval, now())""",
            [
                *(order_id, USER, status, "by_customer" if status == "cancelled" else "", stock, money, total),
                *(settled, settled),
            ],
        )

    def reservation(self, order_id, state="committed", *, total="5.00", user_id=USER, units=2, ago="1 hour"):
        reason, product = "insufficient_stock" if state == "rejected" else "", uuid7()
        with self.catalog.transaction():
            self.catalog.execute("SET LOCAL session_replication_role = replica")  # no product behind the line
            self.catalog.execute(
                """INSERT INTO reservation (order_id, user_id, state, total, reason, created_at)
                   VALUES (%s, %s, %s, %s, %s, now() - %s::interval)""",
                [order_id, user_id, state, total, reason, ago],
            )
            if state != "rejected":
                self.catalog.execute(
                    """INSERT INTO reservation_line (reservation_id, product_id, quantity, unit_price, sku, name)
                       VALUES (%s, %s, %s, 2.50, 'S', 'Thing')""",
                    [order_id, product, units],
                )

    def payment(self, order_id, state="captured", *, amount="5.00", user_id=USER, ago="1 hour"):
        moved = state in {"captured", "refunded"}
        transfer = uuid7() if moved else None
        with self.users.transaction():
            self.users.execute("SET LOCAL session_replication_role = replica")
            self.users.execute(
                """INSERT INTO payments (order_id, user_id, state, amount, reason, transfer_id, created_at)
                   VALUES (%s, %s, %s, %s, %s, %s, now() - %s::interval)""",
                [
                    *(order_id, user_id, state, None if state == "voided" else amount),
                    *("insufficient_funds" if state == "declined" else "", transfer, ago),
                ],
            )

    def sale(self, **how):
        order_id = self.order(**how)
        self.reservation(order_id)
        self.payment(order_id)
        return order_id

    def cancellation(self, stock, money, **how):
        order_id = self.order("cancelled", **how)
        if stock:
            self.reservation(order_id, stock)
        if money:
            self.payment(order_id, money)
        return order_id


def broken(databases, *, age=60):
    """Return the ids that break each law that is broken."""
    outcome = looking.look(databases, age=age)
    return {name: [row["order_id"] for row in rows] for name, rows in outcome.rows.items() if rows}


def audit(capsys, *options):
    """Return the exit code and what was printed."""
    try:
        call_command("audit_across", *options)
    except SystemExit as end:
        return end.code, capsys.readouterr().out
    return 0, capsys.readouterr().out


def test_every_end_that_orders_may_have_agrees(databases, market):
    market.sale()
    for stock, money in itertools.product(("released", "rejected", None), ("declined", "voided", "refunded", None)):
        market.cancellation(stock, money)

    outcome = looking.look(databases, age=60)

    assert outcome.holds
    assert outcome.seen == {"orders": 13, "reservations": 9, "payments": 10}


def _declined_another_amount(market):
    order_id = market.order("cancelled")
    market.payment(order_id, "declined", amount="6.00")
    return order_id


SPOILT = {
    "order_total_is_its_lines": lambda market: market.order("cancelled", price="2.49"),
    "completed_order_is_committed": lambda market: _sold(market, stock="held"),
    "completed_order_is_captured": lambda market: _sold(market, money="declined"),
    "cancelled_order_holds_no_stock": lambda market: market.cancellation("committed", "voided"),
    "cancelled_order_keeps_no_money": lambda market: market.cancellation("released", "captured"),
    "reservation_has_an_order": lambda market: _alone(market.reservation),
    "payment_has_an_order": lambda market: _alone(market.payment),
    "reservation_is_what_was_ordered": lambda market: _sold(market, total="4.99"),
    "payment_is_the_orders_total": lambda market: _sold(market, amount="4.99"),
}
ALSO = [
    ("completed_order_is_committed", lambda market: _sold(market, stock=None)),
    ("completed_order_is_committed", lambda market: _sold(market, stock="released")),
    ("completed_order_is_captured", lambda market: _sold(market, money=None)),
    ("completed_order_is_captured", lambda market: _sold(market, money="refunded")),
    ("cancelled_order_holds_no_stock", lambda market: market.cancellation("held", None)),
    ("reservation_is_what_was_ordered", lambda market: _sold(market, units=3)),
    ("reservation_is_what_was_ordered", lambda market: _sold(market, holder=uuid7())),
    ("payment_is_the_orders_total", lambda market: _sold(market, payer=uuid7())),
    ("payment_is_the_orders_total", _declined_another_amount),
]


def _sold(
    market, *, stock="committed", money="captured", total="5.00", units=2, amount="5.00", holder=USER, payer=USER
):
    order_id = market.order()
    if stock:
        market.reservation(order_id, stock, total=total, units=units, user_id=holder)
    if money:
        market.payment(order_id, money, amount=amount, user_id=payer)
    return order_id


def _alone(write):
    order_id = uuid7()
    write(order_id)
    return order_id


def test_every_law_has_its_offender():
    assert set(SPOILT) == set(laws.LAWS)


@pytest.mark.parametrize(("name", "spoil"), [*SPOILT.items(), *ALSO])
def test_each_contradiction_is_found_alone(databases, market, name, spoil):
    market.sale()
    order_id = spoil(market)
    market.sale()

    assert broken(databases) == {name: [order_id]}


def test_what_has_not_ended_is_not_held_to_its_end(databases, market):
    for state in ("held", "committed", "released"):
        market.reservation(market.order("completed", settled=None), state)
        market.payment(market.order("cancelled", settled=None), "captured")
    market.order("completed", settled="59 seconds")

    outcome = looking.look(databases, age=60)

    assert outcome.holds
    assert outcome.seen["unsettled"] == 7
    assert list(broken(databases, age=0)) == ["completed_order_is_committed", "completed_order_is_captured"]


def test_what_can_never_change_is_compared_at_once(databases, market):
    order_id = market.order("completed", settled=None)
    market.payment(order_id, amount="6.00", ago="0 seconds")

    assert broken(databases) == {"payment_is_the_orders_total": [order_id]}


def test_an_order_that_has_not_heard_of_its_hold_has_no_total_yet(databases, market):
    market.reservation(market.order("cancelled", settled=None, total=None), "held", total="7.00")

    assert broken(databases) == {}


def test_what_is_young_may_be_ahead_of_a_lagging_replica(databases, market):
    market.reservation(uuid7(), ago="59 seconds")
    market.payment(uuid7(), ago="59 seconds")

    assert broken(databases) == {}
    assert len(broken(databases, age=0)) == 2


def _lives(databases, stopping):
    """Let orders be placed, sold, settled and refunded, each step committed in the order in which it happens."""
    own = Market(databases)
    while not stopping.is_set():
        order_id = own.order(settled=None)
        own.reservation(order_id)
        own.payment(order_id)
        own.orders.execute(f"{_SETTLES} stock = 'committed', money = 'captured' WHERE id = %s", [order_id])
        own.orders.execute(
            """UPDATE orders SET status = 'cancelled', reason = 'refunded', settled_at = NULL, next_ask_at = now()
                WHERE id = %s""",
            [order_id],
        )
        own.catalog.execute("UPDATE reservation SET state = 'released' WHERE order_id = %s", [order_id])
        own.users.execute("UPDATE payments SET state = 'refunded' WHERE order_id = %s", [order_id])
        own.orders.execute(f"{_SETTLES} stock = 'released', money = 'refunded' WHERE id = %s", [order_id])
    own.close()


_SETTLES = "UPDATE orders SET settled_at = now(), next_ask_at = NULL,"


def test_what_happens_while_it_looks_is_no_contradiction(databases, market):
    stopping = threading.Event()
    threads = [threading.Thread(target=_lives, args=(databases, stopping)) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        outcomes = [looking.look(databases, age=0) for _ in range(30)]
    finally:
        stopping.set()
        for thread in threads:
            thread.join()

    assert {name for outcome in outcomes for name, count in outcome.counts.items() if count} == set()
    assert outcomes[-1].seen["orders"] > 20


def test_memory_does_not_grow_with_the_number_of_orders(databases, market):
    market.sale()
    _many(market, 10_000)
    looking.look(databases, age=60)  # everything is loaded now

    tracemalloc.start()
    try:
        outcome = looking.look(databases, age=60)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert outcome.seen["orders"] == outcome.seen["reservations"] == outcome.seen["payments"] == 10_001
    assert outcome.counts["completed_order_is_captured"] == 10_000
    assert len(outcome.rows["completed_order_is_captured"]) == looking.MOST_ROWS
    assert peak < 8_000_000  # three times two thousand rows, not ten thousand


def _many(market, count):
    """Write many orders that are committed, and whose money was declined."""
    market.catalog.execute("SET session_replication_role = replica")
    number = "('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid"
    market.orders.execute(
        f"""INSERT INTO orders (id, user_id, status, reason, stock, money, total, currency, placed_at, placed_on,
                                deadline_at, asks, settled_at, updated_at)
            SELECT {number}, %s, 'completed', '', 'committed', 'captured', 1, 'GBP', now(),
                   (now() AT TIME ZONE 'UTC')::date, now(), 0, now() - interval '1 hour', now()
              FROM generate_series(1, %s) n""",
        [USER, count],
    )
    market.orders.execute(
        f"""INSERT INTO order_lines (order_id, product_id, quantity, unit_price)
            SELECT {number}, {number}, 1, 1 FROM generate_series(1, %s) n""",
        [count],
    )
    market.catalog.execute(
        f"""WITH made AS (INSERT INTO reservation (order_id, user_id, state, total, created_at)
                          SELECT {number}, %s, 'committed', 1, now() - interval '1 hour'
                            FROM generate_series(1, %s) n RETURNING order_id)
            INSERT INTO reservation_line (reservation_id, product_id, quantity, unit_price, sku, name)
            SELECT made.order_id, made.order_id, 1, 1, 'S', 'Thing' FROM made""",
        [USER, count],
    )
    market.users.execute(
        f"""INSERT INTO payments (order_id, user_id, state, amount, reason, created_at)
            SELECT {number}, %s, 'declined', 1, 'insufficient_funds', now() - interval '1 hour'
              FROM generate_series(1, %s) n""",
        [USER, count],
    )
    for each in (market.orders, market.catalog, market.users):
        each.execute("ANALYZE")


def test_a_good_look_ends_with_zero(market, capsys):
    market.sale()

    code, text = audit(capsys)

    assert code == 0
    assert text.splitlines()[-2:] == [
        "looked at 1 orders, 0 unsettled, 1 reservations, 1 payments",
        "every invariant holds",
    ]
    assert [line.split()[1:] for line in text.splitlines()[:9]] == [["ok", "0"]] * 9


def test_a_contradiction_ends_with_one_and_the_rows(market, capsys):
    order_id = _sold(market, money="declined")

    code, text = audit(capsys)

    assert code == 1
    (line,) = [line for line in text.splitlines() if str(order_id) in line]
    assert line.startswith(
        f"    order_id={order_id}  status=completed  total=5.00  lines=5.00  units=2  user_id={USER}"
    )
    assert "stock=committed" in line
    assert "money=declined  amount=5.00" in line
    assert text.splitlines()[-1] == "1 of 9 laws are broken"


def test_programs_get_json(market, capsys):
    order_id = _sold(market, stock=None)

    code, text = audit(capsys, "--format", "json", "--age", "0")

    told = orjson.loads(text)
    assert (code, told["holds"]) == (1, False)
    assert told["seen"] == {"orders": 1, "unsettled": 0, "reservations": 0, "payments": 1}
    wrong = {each["name"]: each["first"] for each in told["invariants"] if each["state"] == "violated"}
    assert [row["order_id"] for row in wrong["completed_order_is_committed"]] == [str(order_id)]
    assert len(told["invariants"]) == len(laws.LAWS)


def test_prometheus_gets_a_textfile(market, capsys, tmp_path):
    _sold(market, money=None)
    path = tmp_path / "across.prom"

    code, _ = audit(capsys, "--textfile", str(path))

    lines = path.read_text().splitlines()
    assert code == 1
    assert 'plaza_across_violations{law="completed_order_is_captured"} 1' in lines
    assert 'plaza_across_violations{law="completed_order_is_committed"} 0' in lines
    assert 'plaza_across_seen{kind="orders"} 1' in lines
    assert abs(int(lines[-1].removeprefix("plaza_across_timestamp_seconds ")) - time.time()) < 60
    assert [each.name for each in tmp_path.iterdir()] == ["across.prom"]


def test_a_role_that_may_only_read_is_enough(databases, market, monkeypatch, capsys):
    for each in (market.orders, market.catalog, market.users):
        each.execute("DROP ROLE IF EXISTS plaza_reader" if each is market.orders else "SELECT 1")
    market.orders.execute("CREATE ROLE plaza_reader LOGIN PASSWORD 'only-reads'")
    try:
        for service, each in (("orders", market.orders), ("catalog", market.catalog), ("users", market.users)):
            each.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO plaza_reader")
            parts = psycopg.conninfo.conninfo_to_dict(databases[service])
            place = "postgresql://plaza_reader:only-reads@{host}:{port}/{dbname}".format(**parts)
            monkeypatch.setenv(f"{service.upper()}_DATABASE_URL", place)
        market.sale()

        assert audit(capsys)[0] == 0
    finally:
        for each in (market.orders, market.catalog, market.users):
            each.execute("DROP OWNED BY plaza_reader")
        market.orders.execute("DROP ROLE plaza_reader")


def test_it_cannot_write(databases):
    with snapshots._connected(databases["orders"]) as made, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        made.execute("DELETE FROM orders")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"USERS_DATABASE_URL": None, "ORDERS_DATABASE_URL": ""}, "Set USERS_DATABASE_URL, ORDERS_DATABASE_URL."),
        ({"CATALOG_DATABASE_URL": "postgresql://u:hidden@[h/x"}, "No postgresql:// address: CATALOG_DATABASE_URL."),
        ({"CATALOG_DATABASE_URL": "mysql://u:hidden@h/x"}, "No postgresql:// address: CATALOG_DATABASE_URL."),
        ({"ORDERS_DATABASE_URL": "postgresql://u:hidden@127.0.0.1:1/x"}, "A database cannot be read: "),
    ],
)
def test_without_a_look_it_ends_with_two_and_tells_no_secret(market, monkeypatch, changes, told):
    for name, value in changes.items():
        monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)

    with pytest.raises(CommandError) as refused:
        call_command("audit_across")

    assert refused.value.returncode == 2
    assert str(refused.value).startswith(told)
    assert "hidden" not in str(refused.value)


def test_addresses_may_be_mounted_secrets(databases, market, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(audit_across, "SECRETS", tmp_path)
    for service, place in databases.items():
        monkeypatch.delenv(f"{service.upper()}_DATABASE_URL")
        (tmp_path / f"{service.upper()}_DATABASE_URL").write_text(f"{place}\n")

    call_command("audit_across")

    assert "every invariant holds" in capsys.readouterr().out


def test_a_database_of_another_service_is_no_look(databases, market, monkeypatch):
    monkeypatch.setenv("CATALOG_DATABASE_URL", databases["users"])

    with pytest.raises(CommandError, match='relation "reservation" does not exist') as refused:
        call_command("audit_across")

    assert refused.value.returncode == 2


def test_figures_that_cannot_be_written_are_no_success(market, tmp_path):
    with pytest.raises(CommandError, match="The figures cannot be written") as refused:
        call_command("audit_across", "--textfile", str(tmp_path / "missing" / "x.prom"))

    assert refused.value.returncode == 2


@pytest.mark.parametrize("age", ["-1", "1.5", "soon"])
def test_an_age_is_a_whole_number(age):
    with pytest.raises(CommandError, match="no whole number of seconds"):
        call_command("audit_across", f"--age={age}")


def test_ids_come_in_the_databases_order():
    """The merge relies on PostgreSQL and Python agreeing about which id comes first."""
    ids = [UUID(int=number) for number in (0, 1, 2**64, 2**127, 2**128 - 1)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM unnest(%s::uuid[]) AS id ORDER BY id", [ids[::-1]])
        assert [row[0] for row in cursor.fetchall()] == sorted(ids) == ids
