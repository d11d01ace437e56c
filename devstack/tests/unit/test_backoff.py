"""The pauses between restarts."""

import pytest

from devstack import backoff


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 30.0), (8, 30.0), (100_000, 30.0)]
)
def test_pause_doubles_up_to_half_a_minute(failures, seconds):
    assert backoff.delay(failures=failures) == seconds


def test_a_part_that_worked_for_a_minute_is_forgiven():
    assert backoff.failures_after(failures=5, ready_seconds=60.0) == 1


def test_a_part_that_crashes_at_once_is_not_forgiven():
    assert backoff.failures_after(failures=5, ready_seconds=59.9) == 6
