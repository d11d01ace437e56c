"""Statements on their way to the database: slow ones are told without parameters, waiting for them is no hang."""

import logging
import threading
import time

import pytest
from django.db import DatabaseError, connection

from shared import metrics
from shared.db import pool, statements
from shared.health.heartbeat import Heartbeat
from shared.testing import waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def slow(caplog):
    """The lines about slow statements so far."""
    caplog.set_level(logging.WARNING, "shared.db.statements")
    return lambda: [record for record in caplog.records if record.getMessage() == "slow_query"]


def run(sql, parameters=()):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def test_only_statements_over_the_limit_are_told(slow, settings):
    settings.SLOW_QUERY_SECONDS = 600.0
    before = metrics.SLOW_QUERIES._value.get()
    run("SELECT pg_sleep(0.01)")
    assert slow() == []

    settings.SLOW_QUERY_SECONDS = 0.005
    run("SELECT pg_sleep(0.01), %s", ["canary"])
    (line,) = slow()
    assert (line.sql, line.many) == ("SELECT pg_sleep(0.01), %s", False)
    assert line.seconds >= 0.01
    assert metrics.SLOW_QUERIES._value.get() == before + 1
    assert "canary" not in str(vars(line))


def test_a_slow_statement_that_fails_is_told_too(slow, settings):
    settings.SLOW_QUERY_SECONDS = 0.0

    with pytest.raises(DatabaseError):
        run("SELECT 1/0")

    assert [line.sql for line in slow()] == ["SELECT 1/0"]


def test_a_connection_is_watched_once_however_often_it_is_opened():
    for _ in range(3):
        connection.close()
        run("SELECT 1")

    assert connection.execute_wrappers.count(statements.watched) == 1


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ('SELECT "a"."id" FROM "users" WHERE x = %s', "SELECT users"),
        ('INSERT INTO "events_outbox" ("type") VALUES (%s)', "INSERT events_outbox"),
        ("update wallets SET x = 1", "UPDATE wallets"),
        ("\n DELETE FROM events_failed", "DELETE events_failed"),
        ("WITH due AS (SELECT 1) SELECT * FROM due", "WITH due"),
        ("SET idle_session_timeout = '15s'", "SET"),
        ("", "SQL"),
    ],
)
def test_a_statement_has_a_short_name(sql, name):
    assert statements._name(sql) == name


def test_a_loop_that_waits_for_the_database_is_alive_and_one_that_hangs_is_not(settings):
    settings.LIVENESS_SECONDS = 0.2
    heartbeat, end = Heartbeat("relay"), threading.Event()

    def loop():
        heartbeat.turn()
        run("SELECT pg_advisory_lock(1)")
        connection.close()
        end.wait()

    run("SELECT pg_advisory_lock(1)")
    thread = threading.Thread(target=loop)
    thread.start()
    waiting.until_somebody_waits_for_a_lock()
    time.sleep(0.3)
    waits = heartbeat.alive()
    run("SELECT pg_advisory_unlock(1)")
    waiting.eventually(lambda: not heartbeat.alive())
    end.set()
    thread.join()

    assert waits


def test_a_process_without_a_pool_has_no_measures_of_one():
    pool.measure()
