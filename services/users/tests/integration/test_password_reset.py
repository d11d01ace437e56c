"""A forgotten password: asked for without telling who exists, set once by who reads the mail."""

import logging
import re
from datetime import timedelta

import pytest
from django.core import mail, signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from factories import PASSWORD, UserFactory

from shared.auth import subjects
from shared.db.models import uuid7
from shared.events.contracts import MailRequested, TokensRevoked
from shared.events.models import OutboxEvent
from shared.testing import effort
from shared.testing.events import clear_outbox, deliver, said
from shared.testing.race import together
from users.models import PasswordReset, RefreshSession, User
from users.services import credentials, housekeeping

pytestmark = pytest.mark.django_db

NEXT = "Better-Horse-8"
ANN, NOBODY = "ann@shop.example", "nobody@shop.example"


def ask(api, email, **headers):
    return api().post("auth/password/reset/", {"email": email}, **headers)


def confirm(api, token, password=NEXT):
    body = {"token": token, "new_password": password, "new_password_confirm": password}
    return api().post("auth/password/reset/confirm/", body)


def login(api, password):
    return api().post("auth/login/", {"email": ANN, "password": password})


@pytest.fixture
def token(user):
    """Return the token of a reset that Ann has just asked for."""
    credentials.password_reset_request(email=ANN, now=timezone.now())
    (event,) = said()
    assert deliver(event) == "handled"
    clear_outbox()
    return re.search(r"\n\n(\S+)\n\n", mail.outbox.pop().body)[1]


def test_the_mailed_token_sets_a_password_once_and_ends_every_session(api, user):
    old = login(api, PASSWORD).json()
    assert ask(api, "ANN@shop.example").status_code == 202
    (event,) = [each for each in said() if isinstance(each, MailRequested)]
    assert deliver(event) == "handled"
    (sent,) = mail.outbox
    token = re.search(r"\n\n(\S+)\n\n", sent.body)[1]
    clear_outbox()

    response = confirm(api, token)

    subjects.forget_cache()
    assert (response.status_code, response.content) == (204, b"")
    assert (sent.to, sent.subject) == (["Ann@shop.example"], "Set a new password")
    assert "/api/v2/auth/password/reset/confirm/" in sent.body
    assert said() == [TokensRevoked(user_id=user.id, epoch=1)]
    assert not RefreshSession.objects.filter(revoked_at__isnull=True).exists()
    assert api(user.id).get("users/me/").status_code == 401  # its epoch is the old one
    assert api().post("auth/refresh/", {"refresh": old["refresh"]}).status_code == 401
    assert (login(api, PASSWORD).status_code, login(api, NEXT).status_code) == (401, 200)
    assert list(confirm(api, token, "Third-Horse-9").json()["errors"]) == ["token"]
    assert login(api, NEXT).status_code == 200


@pytest.mark.parametrize("kind", ["unknown", "deactivated"])
def test_an_address_without_an_account_gets_the_same_answer_and_no_mail(api, user, kind):
    UserFactory(email="gone@shop.example", is_active=False, deactivated_at=timezone.now())
    email = {"unknown": NOBODY, "deactivated": "gone@shop.example"}[kind]

    known, other = ask(api, ANN), ask(api, email)

    events = said()
    assert known.status_code == other.status_code == 202
    assert known.content == other.content
    assert {name: known.headers[name] for name in ("Content-Type", "Content-Length") if name in known.headers} == {
        name: other.headers[name] for name in ("Content-Type", "Content-Length") if name in other.headers
    }
    assert [(type(each), each.kind) for each in events] == [(MailRequested, "password_reset")] * 2
    assert [deliver(each) for each in events] == ["handled", "handled"]
    assert [each.to for each in mail.outbox] == [["Ann@shop.example"]]
    assert list(PasswordReset.objects.order_by("id").values_list("user_id", flat=True)) == [user.id, None]


def test_the_address_is_stored_nowhere(api, user, caplog):
    caplog.set_level(logging.INFO)

    ask(api, ANN)
    ask(api, NOBODY)

    kept = [*PasswordReset.objects.values(), *OutboxEvent.objects.values()]
    written = f"{kept} {[vars(record) for record in caplog.records]}".lower()
    assert len(kept) == 4
    assert ANN not in written
    assert NOBODY not in written


def shapes(api, email):
    """Return the statements of a request without their values."""
    with CaptureQueriesContext(connection) as queries:
        ask(api, email)
    quoted = [re.sub(r"'[^']*'(::\w+)?|\bNULL\b|\b\d+\b", "?", each["sql"]) for each in queries]
    return [re.sub(r"\"?s\d+_x\d+\"?", "savepoint", each) for each in quoted]


@pytest.mark.usefixtures("settled_subjects")
def test_known_and_unknown_addresses_cost_the_same_statements(api, user):
    assert shapes(api, ANN) == shapes(api, NOBODY)
    assert any("password_resets" in each for each in shapes(api, NOBODY))


def test_known_and_unknown_addresses_take_the_same_steps(user):
    now, costs = timezone.now(), {}
    for _ in range(3):  # at first everything is loaded
        for email in (ANN, NOBODY):
            costs[email] = effort.calls(lambda email=email: credentials.password_reset_request(email=email, now=now))

    assert abs(costs[ANN] - costs[NOBODY]) / costs[NOBODY] < 0.05


@pytest.mark.parametrize("case", ["nonsense", "changed", "nobody", "other salt", "expired", "no user", "gone"])
def test_any_other_token_sets_nothing(api, user, token, case):
    reset = PasswordReset.objects.get()
    if case == "expired":
        PasswordReset.objects.update(created_at=timezone.now() - timedelta(hours=1, seconds=1))
    if case == "no user":
        PasswordReset.objects.update(user_id=None)
    if case == "gone":
        User.objects.update(is_active=False, deactivated_at=timezone.now())
    tokens = {
        "nonsense": "nonsense",
        "changed": token[:-2] + ("aa" if token[-2:] != "aa" else "bb"),
        "nobody": credentials.reset_token(uuid7()),
        "other salt": signing.dumps(str(reset.id), salt="other"),
    }

    response = confirm(api, tokens.get(case, token))

    before = user.password
    user.refresh_from_db()
    assert response.status_code == 400
    assert response.json()["errors"] == {
        "token": ["This token is not valid, was used or has expired; ask for a new mail."]
    }
    assert (user.password, user.epoch, said()) == (before, 0, [])


def test_a_token_lives_for_an_hour(api, user, token):
    PasswordReset.objects.update(created_at=timezone.now() - timedelta(minutes=59))

    assert confirm(api, token).status_code == 204


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"new_password": "weak", "new_password_confirm": "weak"}, "new_password"),
        ({"new_password_confirm": "Other-Horse-9"}, "new_password_confirm"),
        ({"email": ANN}, "email"),
    ],
)
def test_a_refused_password_does_not_use_up_the_token(api, user, token, change, field):
    body = {"token": token, "new_password": NEXT, "new_password_confirm": NEXT}

    refused = api().post("auth/password/reset/confirm/", body | change)

    assert refused.status_code == 400
    assert list(refused.json()["errors"]) == [field]
    assert confirm(api, token).status_code == 204


def test_a_change_of_the_password_voids_every_reset(api, user, token):
    credentials.password_reset_request(email=ANN, now=timezone.now())
    credentials.password_change(user_id=user.id, current=PASSWORD, new="Third-Horse-9", now=timezone.now())

    assert list(confirm(api, token).json()["errors"]) == ["token"]
    assert not PasswordReset.objects.exists()
    assert login(api, "Third-Horse-9").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_ten_uses_at_once_one_counts(api, user, token):
    passwords = [f"Parallel-Horse-{number}" for number in range(10)]

    responses = together(10, lambda number: confirm(api, token, passwords[number]))

    statuses = [each.status_code for each in responses]
    assert sorted(statuses) == [204] + [400] * 9
    user.refresh_from_db()
    assert user.epoch == 1
    assert login(api, passwords[statuses.index(204)]).status_code == 200
    assert said()[0] == TokensRevoked(user_id=user.id, epoch=1)


@pytest.mark.django_db(transaction=True)
def test_of_a_reset_and_a_change_at_once_both_end_in_one_password(api, user, token):
    calls = [
        lambda: confirm(api, token).status_code,
        lambda: credentials.password_change(user_id=user.id, current=PASSWORD, new="Third-Horse-9", now=timezone.now()),
    ]

    reset, changed = together(2, lambda number: calls[number]())

    user.refresh_from_db()
    won = [NEXT] * (reset == 204) + ["Third-Horse-9"] * (changed is None)
    assert (len(won), user.epoch) == (1, 1)
    assert login(api, won[0]).status_code == 200


@pytest.mark.parametrize("ending", ["used", "expired"])
def test_the_mail_of_a_reset_that_is_over_is_not_sent(api, user, ending):
    ask(api, ANN)
    (event,) = said()
    if ending == "used":
        PasswordReset.objects.all().delete()
    else:
        PasswordReset.objects.update(created_at=timezone.now() - timedelta(hours=2))

    assert deliver(event) == "handled"
    assert mail.outbox == []


def test_asking_is_throttled_by_client_and_by_account(api, user, settings):
    settings.LOGIN_RATE = "2/h"
    one, other = f"client-{uuid7()}", f"client-{uuid7()}"

    by_client = [ask(api, f"{uuid7()}@shop.example", X_Forwarded_For=one).status_code for _ in range(3)]
    by_account = [ask(api, ANN, X_Forwarded_For=f"{other}-{number}").status_code for number in range(3)]

    assert by_client == [202, 202, 429]
    assert by_account == [202, 202, 429]
    assert PasswordReset.objects.count() == 4


def test_a_stale_token_does_not_keep_anybody_from_asking(api, user):
    assert ask(api, ANN, Authorization="Bearer stale").status_code == 202


def test_what_is_no_address_is_refused(api):
    response = ask(api, "nonsense")

    assert (response.status_code, list(response.json()["errors"])) == (400, ["email"])
    assert not PasswordReset.objects.exists()


def test_expired_resets_are_purged(user):
    now = timezone.now()
    credentials.password_reset_request(email=ANN, now=now - timedelta(hours=2))
    credentials.password_reset_request(email=NOBODY, now=now - timedelta(hours=2))
    credentials.password_reset_request(email=ANN, now=now)

    assert housekeeping.purge(now=now)["password_resets"] == 2
    assert PasswordReset.objects.get().user_id == user.id
