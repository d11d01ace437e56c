"""What the use of a refresh token means, for every generation and moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from users.domain.keys import PUBLISHED_BEFORE_SIGNING, VISIBLE_AFTER_RETIREMENT, may_sign
from users.domain.tokens import ACCESS_LIFETIME, GRACE, REFRESH_LIFETIME, Verdict, verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)
generations = st.integers(min_value=1, max_value=1000)
moments = st.timedeltas(min_value=timedelta(minutes=-1), max_value=timedelta(days=8))


@pytest.mark.parametrize(
    ("generation", "current", "seconds", "alive", "wanted"),
    [
        (1, 1, 0, True, Verdict.ROTATE),
        (3, 3, 86400, True, Verdict.ROTATE),
        (2, 3, 9.99, True, Verdict.REPEAT),
        (2, 3, -0.5, True, Verdict.REPEAT),
        (2, 3, 10, True, Verdict.REVOKE),
        (1, 3, 0, True, Verdict.REVOKE),
        (1, 3, 3600, True, Verdict.REVOKE),
        (3, 3, 0, False, Verdict.REFUSE),
        (2, 3, 0, False, Verdict.REFUSE),
        (1, 3, 0, False, Verdict.REFUSE),
    ],
)
def test_each_use_is_judged_as_designed(generation, current, seconds, alive, wanted):
    judged = verdict(generation=generation, current=current, since_rotation=timedelta(seconds=seconds), alive=alive)

    assert judged is wanted


@given(generation=generations, ahead=generations, since=moments)
def test_a_dead_family_gives_nothing_whatever_is_presented(generation, ahead, since):
    judged = verdict(generation=generation, current=generation + ahead, since_rotation=since, alive=False)

    assert judged is Verdict.REFUSE


@given(generation=generations, ahead=st.integers(min_value=2, max_value=50), since=moments)
def test_a_token_older_than_the_last_but_one_always_revokes(generation, ahead, since):
    judged = verdict(generation=generation, current=generation + ahead, since_rotation=since, alive=True)

    assert judged is Verdict.REVOKE


@given(generation=generations, since=moments)
def test_only_the_latest_token_rotates(generation, since):
    judged = verdict(generation=generation, current=generation + 1, since_rotation=since, alive=True)

    assert judged is (Verdict.REPEAT if since < GRACE else Verdict.REVOKE)


def test_lifetimes_are_the_contracts():
    assert (timedelta(minutes=15), timedelta(days=7)) == (ACCESS_LIFETIME, REFRESH_LIFETIME)


@pytest.mark.parametrize(("minutes", "wanted"), [(0, False), (9.9, False), (10, True), (60, True)])
def test_a_key_signs_only_after_every_verifier_has_seen_it(minutes, wanted):
    assert may_sign(published_at=NOW, now=NOW + timedelta(minutes=minutes)) is wanted


def test_a_retired_key_outlives_its_tokens():
    assert ACCESS_LIFETIME + timedelta(seconds=90) < VISIBLE_AFTER_RETIREMENT
    assert 2 * timedelta(minutes=5) <= PUBLISHED_BEFORE_SIGNING
