"""Connections that outlive a request: a dead one is found before it is used, and a living one is not asked."""

import psycopg
import pytest
from django.db import connection

from shared.db.postgres.base import DatabaseWrapper, lives

pytestmark = pytest.mark.django_db(transaction=True)


def wrapper(**changed):
    settings = {**connection.settings_dict, "NAME": connection.settings_dict["NAME"], **changed}
    return DatabaseWrapper(settings, alias="lasting")


@pytest.fixture
def pooled():
    """A wrapper with a pool of its own."""
    found = wrapper(
        CONN_MAX_AGE=0,
        CONN_HEALTH_CHECKS=False,
        OPTIONS={**connection.settings_dict["OPTIONS"], "pool": {"min_size": 1, "max_size": 1, "timeout": 30}},
    )
    yield found
    found.close()
    found.close_pool()


@pytest.fixture
def kept():
    """A wrapper with one lasting connection."""
    found = wrapper(CONN_MAX_AGE=600, CONN_HEALTH_CHECKS=True)
    yield found
    found.close()


def asked(of, statement="SELECT pg_backend_pid()"):
    with of.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def end(pid):
    """End a session, as a restart of the server would, and wait until it is gone."""
    assert asked(connection, f"SELECT pg_terminate_backend({pid}, 10000)") is True


def last_statement(pid):
    return asked(connection, f"SELECT query FROM pg_stat_activity WHERE pid = {pid}")


def test_a_connection_that_died_in_the_pool_is_replaced_before_it_is_used(pooled):
    dead = asked(pooled)
    pooled.close()
    end(dead)

    assert asked(pooled) != dead


def test_a_connection_that_died_between_two_requests_is_replaced_before_it_is_used(kept):
    dead = asked(kept)
    end(dead)

    kept.close_if_unusable_or_obsolete()

    assert asked(kept) != dead


def test_a_living_connection_is_not_asked_whether_it_lives(pooled):
    pid = asked(pooled)
    asked(pooled, "SELECT 'the last word'")
    pooled.close()

    pooled.ensure_connection()

    assert last_statement(pid) == "SELECT 'the last word'"
    assert asked(pooled) == pid


def test_a_kept_connection_is_not_asked_whether_it_lives(kept):
    pid = asked(kept)
    asked(kept, "SELECT 'the last word'")

    kept.close_if_unusable_or_obsolete()

    assert kept.is_usable()
    assert last_statement(pid) == "SELECT 'the last word'"
    assert asked(kept) == pid


def test_a_connection_on_which_something_has_come_is_asked(kept):
    asked(kept, "SELECT 1")
    kept.connection.execute("LISTEN lasting")
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY lasting")

    assert lives(kept.connection)
    assert kept.connection.execute("SELECT 1").fetchone() == (1,)


def test_a_closed_connection_does_not_live():
    closed = psycopg.connect(**{**wrapper().get_connection_params(), "cursor_factory": psycopg.Cursor})
    closed.close()

    assert not lives(closed)
