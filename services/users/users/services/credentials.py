"""The password after registration: changed by who knows it, or reset by who reads the address's mail."""

import logging
from datetime import datetime
from uuid import UUID

from django.core import signing
from django.db import transaction

from shared.db.models import uuid7
from shared.errors import InvalidInput
from shared.events import outbox
from shared.events.contracts import MailRequested
from users.domain.tokens import RESET_LIFETIME
from users.models import PasswordReset, User
from users.selectors import users
from users.services import passwords, sessions

log = logging.getLogger(__name__)

_RESET = "users.password-reset"


def password_change(*, user_id: UUID, current: str, new: str, now: datetime) -> None:
    """Set a new password, which ends every session of the user.

    Args:
        user_id: whose.
        current: the password so far, in clear.
        new: the next one, in clear.
        now: the time of asking.

    Raises:
        NoSuchUser: none, or a deactivated one.
        InvalidInput: the current password is wrong, or the new one is weak.
    """
    user = _active(user_id)
    if user is None:
        raise users.NoSuchUser
    if not passwords.matches(current, user.password):
        raise InvalidInput.of({"current_password": ["This is not your password."]})
    passwords.check(new, field="new_password", email=user.email, username=user.username)
    encoded = passwords.hashed(new)
    with transaction.atomic():
        same = User.objects.select_for_update().filter(id=user_id, epoch=user.epoch, is_active=True).first()
        if same is None:
            raise InvalidInput.of({"current_password": ["This is no longer your password."]})
        _replace(same, encoded, now=now)
    log.info("password_changed", extra={"user_id": str(user_id)})


def password_reset_request(*, email: str, now: datetime) -> None:
    """Ask for the mail with which whoever reads the address's mail can set a new password.

    An address that nobody has costs the same statements and the same event, of which the mail's sender then makes
    nothing; so neither the answer nor its time tells who has an account. The address itself is kept nowhere.

    Args:
        email: in any case.
        now: the time of asking.
    """
    user = users.credentials(email)
    user_id = user.id if user is not None and user.is_active else None
    with transaction.atomic():
        reset = PasswordReset.objects.create(user_id=user_id, created_at=now)
        outbox.append(MailRequested(user_id=user_id or uuid7(), kind="password_reset", reset_id=reset.id))
    log.info("password_reset_requested")


def password_reset_confirm(*, token: str, new: str, now: datetime) -> None:
    """Set a new password with the token of a mail, which ends every session of the user.

    Args:
        token: from the mail; good for one use within an hour of the request, until the password changes otherwise.
        new: the next password, in clear.
        now: the time of asking.

    Raises:
        InvalidInput: the token is forged, used, expired or void, or the new password is weak.
    """
    reset = _pending(token, now=now)
    user = _active(reset.user_id) if reset.user_id else None
    if user is None:
        raise _wrong_token()
    passwords.check(new, field="new_password", email=user.email, username=user.username)
    encoded = passwords.hashed(new)
    with transaction.atomic():
        # Whatever ends a reset does it under the user's lock: of parallel uses the first one finds it.
        locked = User.objects.select_for_update().filter(id=user.id, is_active=True).first()
        if locked is None or not PasswordReset.objects.filter(id=reset.id).exists():
            raise _wrong_token()
        _replace(locked, encoded, now=now)
    log.info("password_reset", extra={"user_id": str(user.id)})


def reset_token(reset_id: UUID) -> str:
    """Return the token that a reset's mail carries; only this service can make one."""
    return signing.dumps(str(reset_id), salt=_RESET)


def invitation_token(*, user_id: UUID, now: datetime) -> str:
    """Return the token with which an invited user sets the first password: that of a reset asked for just now.

    Call it in the transaction of the mail that carries it: its hour begins when the mail leaves, not when an account
    in a long list is made.

    Args:
        user_id: whose account.
        now: the time of asking.
    """
    return reset_token(PasswordReset.objects.create(user_id=user_id, created_at=now).id)


def resets_forget(*, user_id: UUID) -> None:
    """Void every pending reset of a user; call it under the lock of the user's row."""
    PasswordReset.objects.filter(user_id=user_id).delete()


def purge(*, now: datetime, batch: int = 1000) -> int:
    """Delete expired resets in batches; returns how many."""
    total = 0
    expired = PasswordReset.objects.filter(created_at__lt=now - RESET_LIFETIME)
    while ids := list(expired.values_list("id", flat=True)[:batch]):
        total += PasswordReset.objects.filter(id__in=ids).delete()[0]
    return total


def _active(user_id: UUID) -> User | None:
    """Return an active user."""
    return User.objects.filter(id=user_id, is_active=True).first()


def _pending(token: str, *, now: datetime) -> PasswordReset:
    """Return the reset that a token belongs to; raises InvalidInput."""
    try:
        reset_id = signing.loads(token, salt=_RESET)
    except signing.BadSignature as error:
        raise _wrong_token() from error
    reset = PasswordReset.objects.filter(id=reset_id, created_at__gt=now - RESET_LIFETIME).first()
    if reset is None:
        raise _wrong_token()
    return reset


def _replace(user: User, encoded: str, *, now: datetime) -> None:
    """Give a locked user another password; what the old one opened is closed."""
    user.password, user.epoch = encoded, user.epoch + 1
    user.save(update_fields=["password", "epoch", "updated_at"])
    sessions.revoke_all(user_id=user.id, epoch=user.epoch, now=now)
    resets_forget(user_id=user.id)


def _wrong_token() -> InvalidInput:
    """Return the one answer to every wrong reset token."""
    return InvalidInput.of({"token": ["This token is not valid, was used or has expired; ask for a new mail."]})
