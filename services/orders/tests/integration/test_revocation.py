"""Tokens revoked in users: refused here within the second after the event."""

import pytest
from django.test import Client

from shared.auth import subjects
from shared.auth.models import RevokedSession, Subject
from shared.db.models import uuid7
from shared.events.contracts import SessionRevoked, TokensRevoked, UserDeactivated
from shared.testing.events import deliver
from shared.testing.tokens import token

pytestmark = pytest.mark.django_db

PATH = "/api/v2/orders/"


def ask(bearer):
    answer = Client().get(PATH, headers={"Authorization": f"Bearer {bearer}"})
    return (answer.status_code, answer.json().get("code"))


GOOD, REFUSED = (200, None), (401, "token_not_valid")


def test_an_ended_session_is_refused_within_a_second_and_its_sibling_is_not(clock):
    user, session = uuid7(), uuid7()
    ended, sibling = token(user, sid=str(session)), token(user)
    assert [ask(ended), ask(sibling)] == [GOOD, GOOD]

    assert deliver(SessionRevoked(session_id=session, user_id=user)) == "handled"
    clock.sleep(1)

    assert [ask(ended), ask(sibling)] == [REFUSED, GOOD]


def test_tokens_of_earlier_epochs_are_refused_within_a_second(clock):
    user = uuid7()
    old, new, other = token(user, epoch=1), token(user, epoch=2), token(uuid7())
    assert [ask(old), ask(new), ask(other)] == [GOOD] * 3

    assert deliver(TokensRevoked(user_id=user, epoch=2)) == "handled"
    clock.sleep(1)

    assert [ask(old), ask(new), ask(other)] == [REFUSED, GOOD, GOOD]


def test_events_twice_and_out_of_order_do_no_harm():
    user, session = uuid7(), uuid7()

    for event in (
        TokensRevoked(user_id=user, epoch=3),
        TokensRevoked(user_id=user, epoch=1),
        TokensRevoked(user_id=user, epoch=3),
        SessionRevoked(session_id=session, user_id=user),
        SessionRevoked(session_id=session, user_id=user),
    ):
        assert deliver(event) == "handled"
    subjects.forget_cache()

    assert Subject.objects.get(user_id=user).epoch == 3
    assert RevokedSession.objects.count() == 1
    assert [ask(token(user, epoch=epoch)) for epoch in (2, 3)] == [REFUSED, GOOD]
    assert ask(token(user, sid=str(session), epoch=3)) == REFUSED


def test_a_late_epoch_does_not_bring_a_deactivated_user_back():
    user = uuid7()

    deliver(UserDeactivated(user_id=user))
    deliver(TokensRevoked(user_id=user, epoch=5))
    subjects.forget_cache()

    assert ask(token(user, epoch=5)) == REFUSED
    assert subjects.is_deactivated(user)
