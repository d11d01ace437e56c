"""Tokens are verified offline and strictly; revocation takes effect within a second."""

import time
import uuid
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from shared.auth import subjects, tokens
from shared.auth.models import RevokedSession, Subject
from shared.auth.principal import Principal
from shared.errors import TokenNotValid
from shared.testing import forgeries
from shared.testing import tokens as signing

pytestmark = pytest.mark.django_db

USER = uuid.uuid4()


def test_a_good_token_names_its_user():
    session = uuid.uuid4()

    principal = tokens.verify(signing.token(USER, roles=["staff"], epoch=3, sid=str(session)))

    assert principal == Principal(id=USER, session_id=session, roles=frozenset({"staff"}), epoch=3)
    assert (principal.is_staff, principal.pk) == (True, USER)


@pytest.mark.parametrize("name", forgeries.FORGERIES)
def test_a_forged_token_is_refused(name):
    with pytest.raises(TokenNotValid):
        tokens.verify(forgeries.FORGERIES[name](USER))


@pytest.mark.parametrize("name", forgeries.CONTROLS)
def test_an_honest_token_is_accepted(name):
    assert tokens.verify(forgeries.CONTROLS[name](USER)).id == USER


def test_a_verified_token_is_not_verified_again_and_the_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(tokens, "_CACHE_SIZE", 2)
    tokens._cache.clear()
    good = signing.token(USER)
    tokens.verify(good)
    monkeypatch.setattr(tokens.jwt, "decode", None)
    assert tokens.verify(good).id == USER
    monkeypatch.undo()
    monkeypatch.setattr(tokens, "_CACHE_SIZE", 2)
    for _ in range(3):
        tokens.verify(signing.token(uuid.uuid4()))
    assert len(tokens._cache) == 2


def test_a_remembered_token_expires(monkeypatch):
    good = signing.token(USER, exp=int(time.time()) + 1)
    tokens.verify(good)
    monkeypatch.setattr(tokens, "_LEEWAY_SECONDS", 0)
    time.sleep(1.1)

    with pytest.raises(TokenNotValid):
        tokens.verify(good)


def test_a_deactivated_user_is_refused_with_a_token_verified_before():
    good = signing.token(USER)
    tokens.verify(good)
    subjects.register(USER)
    subjects.deactivate(USER)
    subjects.forget_cache()

    with pytest.raises(TokenNotValid, match="revoked"):
        tokens.verify(good)
    assert subjects.is_deactivated(USER)
    assert not subjects.is_deactivated(uuid.uuid4())


@pytest.mark.parametrize("count", [1, 200])
def test_many_users_are_deactivated_with_one_statement(django_assert_num_queries, count):
    users = [uuid.uuid4() for _ in range(count)]
    subjects.revoke(users[0], epoch=3)

    with django_assert_num_queries(1):
        subjects.deactivate(*users)
    subjects.deactivate(*users)

    rows = Subject.objects.filter(deactivated_at__isnull=False)
    assert set(rows.values_list("user_id", flat=True)) == set(users)
    assert Subject.objects.get(user_id=users[0]).epoch == 3


def test_a_deactivation_that_comes_before_the_registration_stays():
    subjects.deactivate(USER)
    subjects.register(USER)

    assert subjects.is_deactivated(USER)


def test_only_tokens_of_earlier_epochs_are_revoked():
    subjects.revoke(USER, epoch=2)
    subjects.revoke(USER, epoch=1)
    subjects.forget_cache()

    revoked = [subjects.is_revoked(principal(epoch=epoch)) for epoch in (0, 1, 2, 3)]

    assert revoked == [True, True, False, False]
    assert not subjects.is_revoked(principal(id=uuid.uuid4()))


def principal(**changes):
    return Principal(**{"id": USER, "session_id": uuid.uuid4()} | changes)


def test_an_ended_session_is_refused_and_others_of_the_user_are_not():
    ended, other = uuid.uuid4(), uuid.uuid4()
    for _ in range(2):
        subjects.revoke_session(ended)
    subjects.forget_cache()

    assert subjects.is_revoked(principal(session_id=ended))
    assert not subjects.is_revoked(principal(session_id=other))


def test_what_was_revoked_is_read_with_one_query_a_second(django_assert_num_queries, monkeypatch):
    subjects.revoke_session(uuid.uuid4())
    subjects.deactivate(USER)
    subjects.forget_cache()

    with django_assert_num_queries(1):
        assert [subjects.is_revoked(principal()) for _ in range(10)] == [True] * 10

    monkeypatch.setattr(subjects, "_FRESH_SECONDS", 0.0)
    with django_assert_num_queries(2):
        assert [subjects.is_revoked(principal()) for _ in range(2)] == [True] * 2


def test_what_was_revoked_before_the_last_token_expired_is_not_kept_in_memory(django_assert_num_queries):
    ended = uuid.uuid4()
    subjects.revoke_session(ended)
    subjects.deactivate(USER)
    RevokedSession.objects.update(revoked_at=Now() - timedelta(minutes=21))
    Subject.objects.update(changed_at=Now() - timedelta(minutes=21))
    subjects.forget_cache()

    assert not subjects.is_revoked(principal(session_id=ended))


def test_ended_sessions_are_forgotten_after_an_hour_in_batches():
    for minutes in (59, 61, 62, 63):
        RevokedSession.objects.create(session_id=uuid.uuid4(), revoked_at=Now() - timedelta(minutes=minutes))

    assert subjects.purge(batch=2) == 3
    assert RevokedSession.objects.count() == 1
