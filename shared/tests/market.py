"""A market in three databases, one for each service as its own migrations make it, written past the services."""

import contextlib
import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
from django.db import connection
from psycopg import sql

from shared.db.models import uuid7
from shared.upkeep.across import snapshots

ROOT = Path(__file__).resolve().parents[2]
USER = uuid7()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Made:
    """A service's database, and how the migrate process ended that made its tables."""

    name: str
    code: int
    said: str

    @property
    def address(self):
        return address(self.name)


@contextlib.contextmanager
def from_zero() -> Iterator[dict[str, Made]]:
    """Make a database for each service and apply all its migrations, as a release does; yield them by service."""
    with _new("zero") as names:
        running = {service: _migrate(service, address(name)) for service, name in names.items()}
        said = {service: process.communicate()[1] for service, process in running.items()}
        yield {
            service: Made(name=name, code=running[service].returncode, said=said[service])
            for service, name in names.items()
        }


@contextlib.contextmanager
def copies(made: dict[str, Made]) -> Iterator[dict[str, str]]:
    """Copy the databases as they were made; yield the copies' addresses by service."""
    with _new("across", templates=made) as names:
        yield {service: address(name) for service, name in names.items()}


@contextlib.contextmanager
def _new(purpose: str, templates: dict[str, Made] | None = None) -> Iterator[dict[str, str]]:
    """Create a database for each service, as a copy where there is a template; yield their names by service."""
    names = {service: f"{connection.settings_dict['NAME']}_{purpose}_{service}" for service in snapshots.SERVICES}
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        for service, name in names.items():
            template = sql.Identifier(templates[service].name if templates else "template1")
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), template))
        yield names
        for name in names.values():
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def address(name):
    settings = {**connection.settings_dict, "NAME": name}
    return "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**settings)


def _migrate(service, database):
    env = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    env |= {"DATABASE_URL": database, "MIGRATE_SAFELY": "true", "PYTHONPATH": str(ROOT), "SLOW_QUERY_MS": "60000"}
    return subprocess.Popen(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT / "services" / service,
        env=env,
        stderr=subprocess.PIPE,
        text=True,
    )


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

    def sold(
        self, *, stock="committed", money="captured", total="5.00", units=2, amount="5.00", holder=USER, payer=USER
    ):
        """Write a completed order, and what the participants say about it, which may be anything."""
        order_id = self.order()
        if stock:
            self.reservation(order_id, stock, total=total, units=units, user_id=holder)
        if money:
            self.payment(order_id, money, amount=amount, user_id=payer)
        return order_id
