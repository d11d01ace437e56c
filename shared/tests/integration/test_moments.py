"""Moments as they come out of PostgreSQL."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TransactionTestCase

from shared.db.postgres.base import MomentLoader

pytestmark = pytest.mark.django_db


def read(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]


class Moments(TransactionTestCase):
    @settings(deadline=None, max_examples=30)
    @given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1, max_size=20))
    def test_a_moment_comes_back_as_it_was_written(self, moments):
        found = read("SELECT moment FROM unnest(%s::timestamptz[]) WITH ORDINALITY AS t(moment, n) ORDER BY n", moments)

        assert found == moments
        assert {each.tzinfo for each in found} == {UTC}


def test_a_moment_is_in_utc_in_a_session_that_is_elsewhere():
    with transaction.atomic():
        read("SELECT set_config('TimeZone', 'Asia/Kathmandu', true)")
        (found,) = read("SELECT '2026-03-04 05:06:07.089+00'::timestamptz")

    assert found == datetime(2026, 3, 4, 5, 6, 7, 89000, tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 12:00 BC", "12026-01-01 00:00+00"])
def test_a_moment_that_python_does_not_know_is_refused(text):
    with pytest.raises(DataError):
        read("SELECT %s::timestamptz", text)


def test_connections_read_moments_fast():
    with connection.cursor() as cursor:
        loader = cursor.connection.adapters.get_loader(cursor.connection.adapters.types["timestamptz"].oid, 0)

    assert loader is MomentLoader
