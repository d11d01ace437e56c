"""Mails to users, sent by the worker; a failure is the event's failure, and its retries are the mail's."""

import logging
from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from shared.errors import AppError
from users.selectors import resets, users
from users.services import accounts, credentials

log = logging.getLogger(__name__)


class MailNotTaken(AppError):
    """The mail server refused a mail."""

    code = "mail_not_taken"
    message = "The mail server refused the mail."


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A kind of mail; the texts have {username} and {token} to fill in."""

    subject: str
    body: str


_LETTERS = {
    "welcome": Letter(
        subject="Welcome to Plaza",
        body="Hello {username},\n\nyour account is ready. We are glad that you are here.\n\nPlaza\n",
    ),
    "verification": Letter(
        subject="Please confirm your e-mail address",
        body=(
            "Hello {username},\n\nplease confirm that this address is yours by sending this token to\n"
            "{address}/api/v2/auth/verify-email/ within three days:\n\n{token}\n\n"
            "If you have not registered, ignore this mail.\n\nPlaza\n"
        ),
    ),
    "invitation": Letter(
        subject="Your account at Plaza",
        body=(
            "Hello {username},\n\nan account was made for you. Set its password by sending one with this token to\n"
            "{address}/api/v2/auth/password/reset/confirm/ within an hour:\n\n{token}\n\n"
            "Later, send your e-mail address to {address}/api/v2/auth/password/reset/\nand you will get another"
            " token.\n\nPlaza\n"
        ),
    ),
    "password_reset": Letter(
        subject="Set a new password",
        body=(
            "Hello {username},\n\nset a new password by sending it with this token to\n"
            "{address}/api/v2/auth/password/reset/confirm/ within an hour:\n\n{token}\n\n"
            "If you have not asked for this, ignore this mail; your password stays as it is.\n\nPlaza\n"
        ),
    ),
}


def mail_send(*, user_id: UUID, kind: str, reset_id: UUID | None = None) -> None:
    """Send one kind of mail to an active user; one who has left meanwhile gets none.

    Args:
        user_id: to whom.
        kind: welcome, verification, invitation or password_reset.
        reset_id: the password reset that the mail is for; one that is over gets none.

    Raises:
        KeyError: there is no such kind of mail.
        OSError: the mail server does not answer.
        MailNotTaken: the mail server refused the mail.
    """
    facts = users.mail_facts(user_id)
    if facts is None:
        log.info("mail_dropped", extra={"mail_kind": kind, "cause": "user_inactive"})
        return
    if kind == "password_reset" and not resets.is_pending(reset_id):
        log.info("mail_dropped", extra={"mail_kind": kind, "cause": "reset_over"})
        return
    try:
        _message(kind, facts, reset_id).send()
    except SMTPException as error:
        # Its text quotes the address, and errors of events are logged and kept.
        raise MailNotTaken(f"The mail server refused the mail: {type(error).__name__}.") from None
    log.info("mail_sent", extra={"mail_kind": kind, "user_id": str(user_id)})


def _message(kind: str, facts: dict[str, Any], reset_id: UUID | None) -> EmailMessage:
    """Return the letter of a kind filled in for a user."""
    letter, token = _LETTERS[kind], _token(kind, facts, reset_id)
    body = letter.body.format(username=facts["username"], address=settings.PUBLIC_URL, token=token)
    return EmailMessage(subject=letter.subject, body=body, to=[facts["email"]])


def _token(kind: str, facts: dict[str, Any], reset_id: UUID | None) -> str:
    """Return the token that a mail carries."""
    if kind == "invitation":
        return credentials.invitation_token(user_id=facts["id"], now=timezone.now())
    if reset_id is not None:
        return credentials.reset_token(reset_id)
    return accounts.verification_token(user_id=facts["id"], email=facts["email"])
