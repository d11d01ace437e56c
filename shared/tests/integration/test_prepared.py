"""Statements that come with every order are prepared by the connection that repeats them; no others are."""

import gc
import tracemalloc
import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from shared.db import prepared, rows
from shared.testing.race import together

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
    found = [prepared.named(SQL, {"number": number}) for number in range(20)]

    assert found == [[{"sum": number + 1}] for number in range(20)]
    assert kept() == ["SELECT $1::int + 1 AS sum"]


def test_any_other_statement_is_planned_for_its_values():
    for number in range(20):
        rows.fetched(SQL, {"number": number})

    assert kept() == []


def test_no_text_of_another_statement_is_kept():
    """psycopg would count the executions of each, by its text with all values."""
    prepared.rows(SQL, {"number": 1})
    gc.collect()
    tracemalloc.start()

    for number in range(20):
        rows.fetched("SELECT length(%(text)s) AS found", {"text": str(number) * 200_000})
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert left < 1_000_000


def test_what_is_prepared_is_seen_by_who_watches_statements(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert prepared.rows(SQL, {"number": 1}) == [(2,)]


def test_a_rollback_makes_it_prepared_anew():
    for _ in range(2):
        with transaction.atomic():
            for number in range(20):
                prepared.named(SQL, {"number": number})
            transaction.set_rollback(True)

        assert prepared.named(SQL, {"number": 1}) == [{"sum": 2}]


def test_a_statement_tells_how_many_rows_it_wrote():
    sql = "INSERT INTO events_inbox (event_id, type) VALUES (%s, %s) ON CONFLICT DO NOTHING"
    event = [uuid.uuid4(), "here.happened.v1"]

    assert [prepared.execute(sql, event) for _ in range(2)] == [1, 0]


def test_a_refused_statement_leaves_the_connection_usable():
    with pytest.raises(DatabaseError):
        prepared.rows("SELECT %s / 0", [1])

    assert prepared.rows(SQL, {"number": 1}) == [(2,)]


def test_a_connection_that_was_lost_is_replaced():
    ((pid,),) = prepared.rows("SELECT pg_backend_pid()", [])
    connection.close()

    assert prepared.rows("SELECT pg_backend_pid()", []) != [(pid,)]


def test_each_thread_has_its_own():
    results = together(4, lambda number: prepared.named(SQL, {"number": number}))

    assert results == [[{"sum": number + 1}] for number in range(4)]


def test_an_array_arrives_as_it_is():
    ids = [uuid.uuid4(), uuid.uuid4()]

    assert prepared.rows("SELECT %s::uuid[], %s::int[]", [prepared.array(ids), prepared.array([])]) == [(ids, [])]
