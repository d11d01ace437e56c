"""Mails: sent in the background, once per event, tried again from the inbox table."""

import re
from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone
from factories import PASSWORD, UserFactory

from shared.db.models import uuid7
from shared.events import delivery, failures
from shared.events.contracts import MailRequested
from shared.events.models import FailedEvent
from shared.testing.events import deliver, said
from users.services import mails

pytestmark = pytest.mark.django_db


def test_a_new_user_gets_a_welcome_and_a_verification_that_works(api):
    body = {"email": "ann@shop.example", "username": "Ann", "password": PASSWORD}
    api().post("users/", body | {"password_confirm": PASSWORD})

    for event in said():
        if isinstance(event, MailRequested):
            assert deliver(event) == "handled"

    welcome, verification = mail.outbox
    assert welcome.to == verification.to == ["ann@shop.example"]
    assert welcome.subject == "Welcome to Plaza"
    assert "Hello Ann," in welcome.body
    token = re.search(r"\n\n(\S+)\n\n", verification.body)[1]
    assert api().post("auth/verify-email/", {"token": token}).status_code == 200


def test_the_same_event_sends_one_mail():
    event, event_id = MailRequested(user_id=UserFactory().id, kind="welcome"), uuid7()

    assert [deliver(event, event_id) for _ in range(3)] == ["handled", "duplicate", "duplicate"]

    assert len(mail.outbox) == 1


@pytest.mark.parametrize("known", [True, False])
def test_who_has_left_gets_no_mail(known):
    gone = UserFactory(is_active=False, deactivated_at=timezone.now())

    assert deliver(MailRequested(user_id=gone.id if known else uuid7(), kind="welcome")) == "handled"

    assert mail.outbox == []


def test_a_mail_server_that_fails_is_tried_again_later(settings):
    event = MailRequested(user_id=UserFactory().id, kind="welcome")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    assert deliver(event) == "retried"

    failed = FailedEvent.objects.get()
    assert failed.dead_at is None
    assert "ConnectionRefusedError" in failed.error
    assert "@" not in failed.error
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    FailedEvent.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=1))
    (due,) = failures.claim_due(limit=10)
    assert delivery.deliver(due.envelope, attempt=due.attempts) == "handled"
    assert len(mail.outbox) == 1
    assert not FailedEvent.objects.exists()


class Refusing(BaseEmailBackend):
    """A mail server that knows nobody, and says whom."""

    def send_messages(self, email_messages):
        raise SMTPRecipientsRefused(dict.fromkeys(email_messages[0].to, (550, b"unknown")))


def test_a_refused_mail_fails_without_naming_the_address(settings, caplog, capsys):
    user = UserFactory()
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"

    assert deliver(MailRequested(user_id=user.id, kind="welcome")) == "retried"

    error = FailedEvent.objects.get().error
    assert "SMTPRecipientsRefused" in error
    assert user.email not in error + caplog.text + capsys.readouterr().out


def test_mails_become_files_where_the_setting_says(settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    user = UserFactory()

    mails.mail_send(user_id=user.id, kind="welcome")

    (written,) = tmp_path.iterdir()
    assert f"To: {user.email}" in written.read_text()


def test_an_unknown_kind_of_mail_is_a_defect():
    with pytest.raises(KeyError):
        mails.mail_send(user_id=UserFactory().id, kind="gossip")


def test_a_username_cannot_forge_a_mails_text_or_headers():
    user = UserFactory(username="{token} Ann\nBcc: eve@shop.example")

    mails.mail_send(user_id=user.id, kind="welcome")

    assert "Hello {token} Ann" in mail.outbox[0].body
    assert mail.outbox[0].recipients() == [user.email]
