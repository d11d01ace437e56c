"""Signing keys: made when needed, shown to everybody, rotated without refusing a good token."""

import time
from datetime import timedelta

import jwt
import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from factories import PASSWORD, UserFactory

from shared.auth import keys as verifier
from shared.auth import tokens
from shared.db import sealed
from shared.db.models import uuid7
from shared.errors import TokenNotValid
from shared.testing import tokens as signing
from shared.testing.race import together
from users.domain.keys import KeyState
from users.models import SigningKey, User
from users.services import keys
from users.services import tokens as tokens_service

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_keys")]

STEP = timedelta(minutes=11)


def jwks(**headers):
    return Client().get("/.well-known/jwks.json", headers=headers)


def kids():
    return [each["kid"] for each in jwks().json()["keys"]]


@pytest.fixture
def login(api):
    user = UserFactory()

    def make():
        keys.forget()
        return api().post("auth/login/", {"email": user.email, "password": PASSWORD}).json()["access"]

    return make


def kid_of(token):
    return jwt.get_unverified_header(token)["kid"]


def accepted(token):
    verifier.forget()
    try:
        tokens._decode(token)
    except TokenNotValid:
        return False
    return True


def test_the_key_set_is_public_cacheable_and_holds_no_private_part(login):
    login()

    response = jwks()

    (key,) = response.json()["keys"]
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert jwks(if_none_match=response.headers["ETag"]).status_code == 304


def test_a_stale_token_does_not_hide_the_key_set():
    assert jwks(authorization="Bearer stale").status_code == 200


def test_the_key_set_is_never_throttled(settings):
    settings.RATE_ANONYMOUS = "1/d"

    answers = [jwks() for _ in range(3)]

    assert [each.status_code for each in answers] == [200] * 3
    assert "RateLimit" not in answers[0].headers


def test_the_private_key_is_stored_encrypted(login):
    login()

    stored = SigningKey.objects.get().private_pem_sealed

    assert "PRIVATE KEY" not in stored
    assert sealed.unseal(stored).startswith("-----BEGIN PRIVATE KEY-----")


def test_a_key_sealed_with_a_lost_field_key_is_a_clear_error(login, settings, api):
    login()
    settings.FIELD_KEYS = ["Zm9vYmFyYmF6cXV4MDEyMzQ1Njc4OWFiY2RlZmdoaWo="[::-1].replace("=", "") + "="]
    keys.forget()

    with pytest.raises(sealed.SealedByUnknownKey, match="FIELD_KEYS"):
        keys.signer(now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_together_make_one_key():
    found = together(10, lambda _: keys.ensure(now=timezone.now()).kid)

    assert len(set(found)) == 1
    assert SigningKey.objects.count() == 1


def test_a_rotation_publishes_then_signs_then_retires_and_refuses_no_good_token(login):
    old = login()
    now = timezone.now()
    first = kid_of(old)

    published = keys.rotate(now=now)
    assert published[KeyState.SIGNING] == first
    assert kid_of(login()) == first
    assert kids() == [first, published[KeyState.PUBLISHED]]

    assert keys.rotate(now=now + timedelta(minutes=9)) == published  # too early: nothing changes
    rotated = keys.rotate(now=now + STEP)
    new = login()

    assert rotated == {
        KeyState.PUBLISHED: None,
        KeyState.SIGNING: published[KeyState.PUBLISHED],
        KeyState.RETIRED: first,
    }
    assert kid_of(new) == published[KeyState.PUBLISHED]
    assert accepted(old)
    assert accepted(new)
    assert SigningKey.objects.get(kid=first).private_pem_sealed == ""


def test_a_retired_key_leaves_the_key_set_after_its_last_token(login):
    old = login()
    now = timezone.now()
    keys.rotate(now=now - timedelta(hours=2))
    keys.rotate(now=now - timedelta(hours=1))

    assert kid_of(old) not in kids()
    assert not accepted(old)
    assert accepted(login())


def test_verifiers_accept_what_is_in_flight_through_a_whole_rotation(login, monkeypatch):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        document = CountedDocument()
        monkeypatch.setattr(verifier, "_keys", verifier.Keys(document, clock=time.time))
        before = login()
        first = keys.signer(now=timezone.now())
        assert verified(before)

        published = keys.rotate(now=timezone.now())[KeyState.PUBLISHED]
        between = login()
        assert [verified(before), verified(between)] == [True, True]
        assert document.visits == 1

        clock.shift(STEP)
        assert verified(login())  # more than five minutes old: the verifier reads the published key, too
        assert document.visits == 2
        assert keys.rotate(now=timezone.now())[KeyState.RETIRED] == first.kid
        late = tokens_service.access(User.objects.get(), session_id=uuid7(), now=timezone.now())
        after = login()
        assert [kid_of(late), kid_of(after)] == [first.kid, published]
        assert [verified(each) for each in (before, between, late, after)] == [True] * 4
        assert document.visits == 2

        clock.shift(timedelta(minutes=14))
        assert [verified(each) for each in (between, late, after)] == [False, True, True]
        assert first.kid in kids()

        clock.shift(timedelta(minutes=6, seconds=1))
        assert kids() == [published]
        stolen = jwt.encode(
            signing.claims(uuid7()), first.private_key, algorithm="ES256", headers={"kid": first.kid, "typ": "at+jwt"}
        )
        assert [verified(stolen), verified(login())] == [False, True]


class CountedDocument:
    """The key set as other services fetch it."""

    def __init__(self):
        self.visits = 0

    def __call__(self):
        self.visits += 1
        return jwks().json()


def verified(token):
    try:
        tokens.verify(token)
    except TokenNotValid:
        return False
    return True


def test_a_process_keeps_signing_with_the_key_it_knows_for_a_while(login):
    first = kid_of(login())
    keys.rotate(now=timezone.now() - STEP)
    keys.rotate(now=timezone.now())

    assert keys.signer(now=timezone.now()).kid == first
    keys.forget()
    assert keys.signer(now=timezone.now()).kid != first


def test_two_keys_never_sign_at_once(login):
    login()

    with pytest.raises(IntegrityError), transaction.atomic():
        keys._make(KeyState.SIGNING, now=timezone.now())


def test_the_command_rotates_and_says_so(capsys):
    call_command("rotate_keys")

    waiting, signing = SigningKey.objects.order_by("-state").values_list("kid", "state")
    assert {waiting[1], signing[1]} == {"signing", "published"}
    printed = capsys.readouterr().out
    assert waiting[0] in printed
    assert signing[0] in printed
    assert "retired: -" in printed
