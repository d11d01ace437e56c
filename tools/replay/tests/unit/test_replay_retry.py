"""When to ask again, and after how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.replay import retry


@pytest.mark.parametrize(
    ("status", "code", "repeated"),
    [
        (429, "throttled", True),
        (502, "", True),
        (503, "service_unavailable", True),
        (504, "", True),
        (409, "idempotency_in_progress", True),
        (409, "pending_order_exists", True),
        (409, "conflict", False),
        (409, "", False),
        (400, "validation_error", False),
        (401, "token_not_valid", False),
        (404, "not_found", False),
        (422, "idempotency_key_reused", False),
        (500, "server_error", False),
        (200, "", False),
    ],
)
def test_only_what_may_pass_is_repeated(status, code, repeated):
    assert retry.worth_repeating(status=status, code=code) is repeated


@pytest.mark.parametrize(("status", "doubt"), [(409, False), (429, False), (502, True), (503, True), (504, True)])
def test_a_refusal_has_done_nothing_and_a_failure_may_have(status, doubt):
    assert retry.leaves_doubt(status=status) is doubt


@pytest.mark.parametrize(
    ("attempt", "retry_after", "chance", "seconds"),
    [
        (1, "", 0.0, 0.1),
        (1, "", 1.0, 0.2),
        (3, "", 1.0, 0.8),
        (50, "", 1.0, 5.0),
        (1, "2", 0.0, 2.0),
        (1, "2", 1.0, 2.2),
        (50, "1", 1.0, 5.0),
        (1, "9999", 0.0, 30.0),
        (1, "Wed, 21 Oct 2026 07:28:00 GMT", 0.0, 0.1),
        (1, "-5", 0.0, 0.1),
    ],
)
def test_pauses_grow_and_obey_retry_after(attempt, retry_after, chance, seconds):
    assert retry.pause(attempt=attempt, retry_after=retry_after, chance=chance) == pytest.approx(seconds)


@given(st.integers(1, 10_000), st.text(), st.floats(0, 1))
def test_a_pause_is_never_none_and_never_endless(attempt, retry_after, chance):
    assert 0.1 <= retry.pause(attempt=attempt, retry_after=retry_after, chance=chance) <= 33.0
