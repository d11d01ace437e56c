"""Mails to users, sent by the worker; a failure is the event's failure, and its retries are the mail's."""

import logging
from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage

from shared.errors import AppError
from users.selectors import users
from users.services import accounts

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
}


def mail_send(*, user_id: UUID, kind: str) -> None:
    """Send one kind of mail to an active user; one who has left meanwhile gets none.

    Args:
        user_id: to whom.
        kind: welcome or verification.

    Raises:
        KeyError: there is no such kind of mail.
        OSError: the mail server does not answer.
        MailNotTaken: the mail server refused the mail.
    """
    facts = users.mail_facts(user_id)
    if facts is None:
        log.info("mail_dropped", extra={"mail_kind": kind, "cause": "user_inactive"})
        return
    try:
        _message(_LETTERS[kind], facts).send()
    except SMTPException as error:
        # Its text quotes the address, and errors of events are logged and kept.
        raise MailNotTaken(f"The mail server refused the mail: {type(error).__name__}.") from None
    log.info("mail_sent", extra={"mail_kind": kind, "user_id": str(user_id)})


def _message(letter: Letter, facts: dict[str, Any]) -> EmailMessage:
    """Return the letter filled in for a user."""
    body = letter.body.format(
        username=facts["username"],
        address=settings.PUBLIC_URL,
        token=accounts.verification_token(user_id=facts["id"], email=facts["email"]),
    )
    return EmailMessage(subject=letter.subject, body=body, to=[facts["email"]])
