"""Accounts: registering, changing, verifying, deactivating."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.core import signing
from django.db import IntegrityError, transaction

from shared.auth import subjects
from shared.db import sealed
from shared.errors import Check, InvalidInput
from shared.events import outbox
from shared.events.contracts import MailRequested, UserDeactivated, UserRegistered
from shared.http import stored_answers
from users.domain import emails, phones
from users.domain.tokens import VERIFICATION_LIFETIME
from users.models import User, Wallet
from users.models.users import EMAIL_UNIQUE
from users.selectors import users
from users.services import credentials, passwords, sessions

log = logging.getLogger(__name__)

_VERIFICATION = "users.verify-email"


def user_register(*, email: str, username: str, password: str, age: int | None = None) -> dict[str, Any]:
    """Create an account with its wallet, and ask for the welcome and verification mails.

    Args:
        email: compared without regard to case.
        username: how the user is called; need not be unique.
        password: in clear.
        age: in years, 13 to 120.

    Returns:
        The account's row.

    Raises:
        InvalidInput: a weak password, or an address that has an account already; the database decides.
    """
    log.info("registration_attempted")
    user = _new(email=email, username=username, age=age)
    passwords.check(password, field="password", email=user.email, username=username)
    user.password = passwords.hashed(password)
    _create(user, mails=("welcome", "verification"))
    log.info("registration_succeeded", extra={"user_id": str(user.id)})
    return users.row(user)


def user_invite(*, email: str, username: str, age: int | None = None) -> UUID:
    """Create an account without a password, with its wallet, and ask for the mails that invite its owner.

    Args:
        email: compared without regard to case.
        username: how the user is called; need not be unique.
        age: in years, 13 to 120.

    Returns:
        The account's id.

    Raises:
        InvalidInput: an address that has an account already; the transaction around it goes on.
    """
    user = _new(email=email, username=username, age=age)
    user.password = passwords.unusable()
    _create(user, mails=("invitation", "verification"))
    return user.id


def _new(*, email: str, username: str, age: int | None) -> User:
    """Return an account that is not stored yet; raises InvalidInput for an address without a proper key."""
    key = emails.key(email)
    if len(key) > emails.LONGEST:
        raise InvalidInput.of({"email": ["Enter a valid email address."]})
    return User(email=emails.normalised(email), email_key=key, username=username, age=age)


def _create(user: User, *, mails: Sequence[Literal["welcome", "invitation", "verification"]]) -> None:
    """Write a new account, its wallet and what follows from them; raises InvalidInput for a taken address."""
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            Wallet.objects.create(user=user)
            outbox.append(
                UserRegistered(user_id=user.id), *(MailRequested(user_id=user.id, kind=kind) for kind in mails)
            )
    except IntegrityError as error:
        if _violated(error) != EMAIL_UNIQUE:
            raise
        log.info("registration_refused", extra={"cause": "email_taken"})
        raise InvalidInput.of({"email": ["A user with this e-mail address already exists."]}) from error


def _violated(error: IntegrityError) -> str | None:
    """Return the name of the violated constraint."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return diagnosis.constraint_name if diagnosis else None


def user_update(
    *,
    user_id: UUID,
    changes: Mapping[str, Any],
    now: datetime,
    check: Check | None = None,
) -> dict[str, Any]:
    """Change an active account's profile.

    Args:
        user_id: whose.
        changes: field -> new value; `is_active: False` deactivates and keeps the personal data.
        now: the time of asking.
        check: called with the present row under its lock; refuses by raising.

    Returns:
        The account's new row.

    Raises:
        NoSuchUser: none, or a deactivated one.
        InvalidInput: it would leave a premium user without a phone number.
    """
    with transaction.atomic():
        user = _locked(user_id)
        if check is not None:
            check(users.row(user))
        _apply(user, changes, now=now)
        if not user.is_active:
            _deactivate(user, now=now)
        elif user.user_type == User.Type.PREMIUM and user.phone_number is None:
            raise _phone_needed(changes)
        user.save()
    return users.row(user)


def _apply(user: User, changes: Mapping[str, Any], *, now: datetime) -> None:
    """Write changes into a loaded user, with the columns that follow from them."""
    for name, value in changes.items():
        if name == "is_verified":
            user.verified_at = (user.verified_at or now) if value else None
        else:
            setattr(user, name, value)
    if "phone_number" in changes:
        user.phone_index = phone_index(user.phone_number)


def phone_index(number: str | None) -> bytes | None:
    """Return what finds a phone number without showing it."""
    return None if number is None else sealed.blind_index(phones.digits(number))


def _phone_needed(changes: Mapping[str, Any]) -> InvalidInput:
    """Return the refusal of a premium user without a phone number; it names what the request could change."""
    named = ["phone_number", *(["user_type"] if "user_type" in changes else [])]
    return InvalidInput.of({name: ["A premium user needs a phone number."] for name in named})


def user_deactivate(*, user_id: UUID, now: datetime) -> None:
    """Deactivate an account and erase its personal data; the ledger keeps only the id.

    Args:
        user_id: whose.
        now: the time of asking.

    Raises:
        NoSuchUser: none, or an already deactivated one.
    """
    with transaction.atomic():
        user = _locked(user_id)
        user.email, user.email_key = emails.erased(user.id), None
        user.username = user.bio = user.avatar_url = user.location = ""
        user.age = user.phone_number = user.phone_index = user.verified_at = None
        user.password = passwords.unusable()
        _deactivate(user, now=now)
        user.save()
        credentials.resets_forget(user_id=user_id)
        stored_answers.forget(user_id=user_id)
    log.info("user_deactivated", extra={"user_id": str(user_id)})


def _locked(user_id: UUID) -> User:
    """Return an active user under its row's lock; raises NoSuchUser."""
    user = User.objects.select_for_update().filter(id=user_id, is_active=True).first()
    if user is None:
        raise users.NoSuchUser
    return user


def _deactivate(user: User, *, now: datetime) -> None:
    """Refuse the user's tokens here at once and elsewhere with the event."""
    user.is_active, user.deactivated_at = False, now
    user.epoch += 1
    sessions.end_families(user.id, now=now)
    subjects.deactivate(user.id)
    outbox.append(UserDeactivated(user_id=user.id))


def verification_token(*, user_id: UUID, email: str) -> str:
    """Return the token that proves that its bearer reads the address's mail; it holds no address."""
    return signing.dumps({"user": str(user_id), "email": _digest(email)}, salt=_VERIFICATION)


def email_verify(*, token: str, now: datetime) -> None:
    """Mark the address as verified for which a token was sent; harmless to repeat.

    Args:
        token: from the mail, at most three days old.
        now: the time of asking.

    Raises:
        InvalidInput: forged, expired, or for an address that the account no longer has.
    """
    try:
        claims = signing.loads(token, salt=_VERIFICATION, max_age=VERIFICATION_LIFETIME)
    except signing.BadSignature as error:
        raise _wrong_token() from error
    with transaction.atomic():
        user = User.objects.select_for_update().filter(id=claims["user"], is_active=True).first()
        if user is None or _digest(user.email) != claims["email"]:
            raise _wrong_token()
        if user.verified_at is None:
            user.verified_at = now
            user.save(update_fields=["verified_at", "updated_at"])


def _digest(email: str) -> str:
    """Return what identifies an address without showing it."""
    return hashlib.sha256(email.encode()).hexdigest()[:32]


def _wrong_token() -> InvalidInput:
    """Return the one answer to every wrong verification token."""
    return InvalidInput.of({"token": ["This token is not valid or has expired; ask for a new mail."]})
