"""The running system works with accounts that can do no more than they must."""

import psycopg
import pytest

from devstack import config

_WHO = """
SELECT DISTINCT usename::text, datname::text FROM pg_stat_activity
 WHERE datname = ANY(%s) AND usename <> current_user AND backend_type = 'client backend'
"""


def test_every_process_works_in_its_own_database_as_its_own_role(system):
    with psycopg.connect(system.database_url("postgres")) as server:
        found = set(server.execute(_WHO, [list(config.SERVICES)]).fetchall())

    assert found == {(name, name) for name in config.SERVICES}


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE other (id int)", "DROP TABLE orders", "ALTER TABLE orders ADD x int", "TRUNCATE orders"]
)
def test_what_serves_cannot_change_a_table(system, statement):
    with (
        psycopg.connect(system.stack.role_url(name="orders", role="orders")) as web,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        web.execute(statement)


def test_who_audits_sees_payments_but_no_person(system):
    with psycopg.connect(system.stack.role_url(name="users", role="plaza_audit"), autocommit=True) as audit:
        audit.execute("SELECT FROM payments")
        for table in ("users", "refresh_tokens", "wallets"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                audit.execute(f"SELECT FROM {table}")
