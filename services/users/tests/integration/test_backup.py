"""The drill: users' real tables are backed up and come back in an empty second database, to the penny."""

import hashlib
import re
from contextlib import contextmanager
from decimal import Decimal

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from factories import PASSWORD, UserFactory, broken_books

from devstack.parts import postgres
from shared.db.models import uuid7
from shared.upkeep import tables
from users.services import accounts, payments, sessions, wallets

pytestmark = pytest.mark.django_db(transaction=True)

SUMS = """
SELECT (SELECT sum(balance) FROM wallets),
       (SELECT sum(amount) FROM ledger_entries WHERE book = 'wallet'),
       (SELECT sum(amount) FROM ledger_entries WHERE book = 'sales'),
       (SELECT sum(amount) FROM ledger_entries)
"""


def address(name):
    db = connection.settings_dict
    return f"postgresql://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{name}"


@contextmanager
def on(name):
    """Let the service work on another database."""
    first = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = first


def command(database, *arguments):
    """Run a command of the service on a database."""
    with on(database):
        call_command(*map(str, arguments))


@pytest.fixture(scope="module")
def second(django_db_setup, django_db_blocker):
    """A second database: migrated, and empty."""
    with django_db_blocker.unblock():
        first = connection.settings_dict["NAME"]
        name = f"{first}_drill"
        with psycopg.connect(address(first), autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{name}"')
        command(name, "migrate", "--verbosity", "0")
        yield name
        with psycopg.connect(address(first), autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def empty(second):
    """The second database, emptied."""
    with psycopg.connect(address(second)) as database:
        database.execute(f"TRUNCATE {tables.quoted(*tables.columns())}")
    return second


@pytest.fixture
def lived_in(settings):
    """Users who logged in, paid, were refunded, sent each other money, and left."""
    now = timezone.now()
    ann, bob, eve = (UserFactory(balance=amount) for amount in ("100.00", "0.01", "75.50"))
    UserFactory(email="Zoë.O'Brien+\\shop@example.com", username="Zoë \t漢字", bio="a\nb\\N", location='"x"')
    wallets.transfer(user_id=ann.id, to=bob.id, amount=Decimal("12.34"))
    for user, amount in ((ann, "20.00"), (bob, "500.00"), (eve, "0.50")):
        payments.payment_capture(order_id=uuid7(), user_id=user.id, amount=Decimal(amount))
    refunded = uuid7()
    payments.payment_capture(order_id=refunded, user_id=eve.id, amount=Decimal("70.00"))
    payments.payment_cancel(order_id=refunded, user_id=eve.id)
    payments.payment_cancel(order_id=uuid7(), user_id=ann.id)
    sessions.login(email=ann.email, password=PASSWORD, now=now)
    accounts.user_deactivate(user_id=bob.id, now=now)
    assert broken_books() == []


def content(database):
    """Return every row of every table as text, and the sums of the ledger."""
    with psycopg.connect(address(database)) as opened:
        rows = {
            name: [row[0] for row in opened.execute(f"SELECT t::text FROM {tables.quoted(name)} AS t ORDER BY 1")]
            for name in tables.columns()
        }
        return rows, opened.execute(SUMS).fetchone()


def make(directory, *options):
    call_command("backup_data", "--output-dir", str(directory), *options)
    return next(path for path in directory.iterdir() if path.suffix != ".sha256")


@pytest.fixture(autouse=True)
def programs(settings):
    settings.PG_BIN = postgres.binaries()


@pytest.mark.parametrize("options", [("--compress",), ("--format", "pg_dump")], ids=["json", "pg_dump"])
def test_a_backup_comes_back_in_an_empty_database(lived_in, empty, tmp_path, options):
    path = make(tmp_path, *options)

    command(empty, "restore_data", path)

    rows, sums = content(empty)
    assert (rows, sums) == content(connection.settings_dict["NAME"])
    assert sums == (Decimal("155.01"), Decimal("155.01"), Decimal("20.50"), Decimal(0))
    assert {name: len(rows[name]) for name in ("users", "wallets", "payments", "ledger_transfers")} == {
        "users": 4,
        "wallets": 4,
        "payments": 5,
        "ledger_transfers": 8,
    }
    command(empty, "audit")


def cut(data):
    return data[: len(data) // 2]


def penny_added(data):
    return re.sub(rb'("table":"ledger_entries".*?"-?\d+\.\d)\d"', rb'\g<1>9"', data, count=1)


def of_catalog(data):
    return data.replace(b'"service":"users"', b'"service":"catalog"')


def from_the_future(data):
    return data.replace(b'"0002_ledger_triggers"', b'"0002_ledger_triggers","9999_future"')


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (cut, "ends too early"),
        (penny_added, "do not add up to zero"),
        (of_catalog, "a backup of catalog, not of users"),
        (from_the_future, r"users\.9999_future"),
    ],
)
def test_a_spoilt_file_leaves_the_database_empty(lived_in, empty, tmp_path, spoil, says):
    path = make(tmp_path)
    spoilt = spoil(path.read_bytes())
    if spoil is cut:
        spoilt = spoilt[: spoilt.rindex(b"\n") + 1]
    path.write_bytes(spoilt)
    checksum = path.with_name(f"{path.name}.sha256")

    with pytest.raises(CommandError, match="its checksum differs"):
        command(empty, "restore_data", path)
    checksum.write_text(f"{hashlib.sha256(spoilt).hexdigest()}  {path.name}\n")
    with pytest.raises(CommandError, match=says):
        command(empty, "restore_data", path)

    assert set(map(len, content(empty)[0].values())) == {0}


def test_a_flush_replaces_even_the_append_only_ledger(lived_in, empty, tmp_path):
    path = make(tmp_path)
    command(empty, "restore_data", path)
    with psycopg.connect(address(empty)) as database:
        database.execute("UPDATE wallets SET balance = balance + 1")

    with pytest.raises(CommandError, match="The database is not empty"):
        command(empty, "restore_data", path)
    command(empty, "restore_data", path, "--flush")

    assert content(empty) == content(connection.settings_dict["NAME"])
