"""Statements that come with every order are prepared by the connection that repeats them; no others are."""

import pytest
from django.db import connection, transaction

from shared.db import prepared
from shared.db.rows import fetched

pytestmark = pytest.mark.django_db(transaction=True)

SQL = "SELECT %(number)s::int + 1 AS sum"


def kept():
    """Return the statements that PostgreSQL keeps prepared for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture(autouse=True)
def fresh():
    connection.close()


def test_a_statement_that_comes_often_is_prepared_once():
    found = [fetched(SQL, {"number": number}, often=True) for number in range(20)]

    assert found == [[{"sum": number + 1}] for number in range(20)]
    assert kept() == ["SELECT $1::int + 1 AS sum"]


def test_any_other_statement_is_planned_for_its_values():
    for number in range(20):
        fetched(SQL, {"number": number})

    assert kept() == []


def test_what_is_prepared_is_seen_by_who_watches_statements(django_assert_num_queries):
    with django_assert_num_queries(1), prepared.cursor() as cursor:
        cursor.execute(SQL, {"number": 1})
        assert cursor.fetchone() == (2,)


def test_a_rollback_makes_it_prepared_anew():
    for _ in range(2):
        with transaction.atomic():
            for number in range(20):
                fetched(SQL, {"number": number}, often=True)
            transaction.set_rollback(True)

        assert fetched(SQL, {"number": 1}, often=True) == [{"sum": 2}]
