"""Login, and the families of refresh tokens that follow from it."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from shared import metrics
from shared.auth import subjects
from shared.db import sealed
from shared.errors import AuthenticationFailed, TokenNotValid
from shared.events import outbox
from shared.events.contracts import SessionRevoked, TokensRevoked
from users.domain.tokens import ACCESS_LIFETIME, REFRESH_LIFETIME, Verdict, verdict
from users.models import RefreshSession, RefreshToken, User
from users.selectors import users
from users.services import passwords, tokens

log = logging.getLogger(__name__)

_SEEN_EVERY = timedelta(hours=1)


class WrongCredentials(AuthenticationFailed):
    """Address and password do not belong together; which of them is wrong is nobody's business."""

    message = "The e-mail address or the password is wrong."


class RefreshNotValid(TokenNotValid):
    """The refresh token is unknown, expired, or its family was revoked."""

    message = "The refresh token is not valid; log in again."


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Whom a refresh token belongs to, and the token that follows it."""

    user: User
    session_id: UUID
    refresh: str


def login(*, email: str, password: str, now: datetime) -> dict[str, Any]:
    """Start a family of refresh tokens.

    Args:
        email: in any case.
        password: in clear.
        now: the time of asking.

    Raises:
        WrongCredentials: with the same text and after the same time, whatever was wrong.
    """
    nobodys = passwords.nobodys()
    user = users.credentials(email)
    known = user if user is not None and user.is_active else None
    matched = passwords.matches(password, known.password if known else nobodys)
    if known is None or not matched:
        raise _refused()
    changes = {"password": passwords.hashed(password)} if passwords.is_outdated(known.password) else {}
    with transaction.atomic():
        # The epoch says that neither a password change nor a deactivation came in between.
        same = User.objects.filter(id=known.id, epoch=known.epoch, is_active=True)
        if not same.update(last_login_at=now, **changes):
            raise _refused()
        grant = _start(known, now=now)
    metrics.LOGINS.labels(outcome="succeeded").inc()
    log.info("login_succeeded", extra={"user_id": str(known.id)})
    return _answer(grant, now=now)


def refresh(*, token: str, now: datetime) -> dict[str, Any]:
    """Rotate a refresh token.

    Args:
        token: as it was handed out.
        now: the time of asking.

    Raises:
        RefreshNotValid: also when this was a second use, which revokes the whole family.
    """
    with transaction.atomic():
        grant = _use(token, now=now)
    if grant is None:
        raise RefreshNotValid
    return _answer(grant, now=now)


def logout(*, user_id: UUID, token: str, now: datetime) -> None:
    """End the token's session; an unknown or somebody else's token is no error (RFC 7009, section 2.2).

    Args:
        user_id: who asks.
        token: a refresh token of the session.
        now: the time of asking.
    """
    family = RefreshToken.objects.filter(token_hash=tokens.digest(token)).values("session_id")
    with transaction.atomic():
        mine = RefreshSession.objects.select_for_update().filter(id__in=family, user_id=user_id)
        session = mine.filter(revoked_at__isnull=True).first()
        if session is not None:
            _end(session, now=now)


def revoke_all(*, user_id: UUID, epoch: int, now: datetime) -> None:
    """End every session of a user and refuse the access tokens made so far, here and in every service.

    Call it in the transaction that raises the user's epoch.

    Args:
        user_id: whose.
        epoch: the user's new one; tokens of earlier ones are refused.
        now: the time of asking.
    """
    end_families(user_id, now=now)
    subjects.revoke(user_id, epoch=epoch)
    outbox.append(TokensRevoked(user_id=user_id, epoch=epoch))


def end_families(*user_ids: UUID, now: datetime) -> None:
    """End every family of the users; for the rest of what a deactivation does its own event is enough.

    Args:
        user_ids: whose.
        now: the time of asking.
    """
    families = RefreshSession.objects.filter(user_id__in=user_ids, revoked_at__isnull=True)
    families.update(revoked_at=now, latest_sealed="")


def purge(*, now: datetime, batch: int = 1000) -> int:
    """Delete expired families with their tokens, in batches; returns how many families went."""
    total = 0
    while ids := list(RefreshSession.objects.filter(expires_at__lt=now).values_list("id", flat=True)[:batch]):
        RefreshSession.objects.filter(id__in=ids).delete()
        total += len(ids)
    return total


def _refused() -> WrongCredentials:
    """Count a refused login and return its error."""
    metrics.LOGINS.labels(outcome="refused").inc()
    log.info("login_refused")
    return WrongCredentials()


def _answer(grant: Grant, *, now: datetime) -> dict[str, Any]:
    """Return what a client is told after login and refresh."""
    return {
        "access": tokens.access(grant.user, session_id=grant.session_id, now=now),
        "refresh": grant.refresh,
        "token_type": "Bearer",
        "expires_in": int(ACCESS_LIFETIME.total_seconds()),
        "user": users.row(grant.user, users.GREETING),
    }


def _start(user: User, *, now: datetime) -> Grant:
    """Store a new family with its first token."""
    token = tokens.new_refresh()
    session = RefreshSession.objects.create(
        user=user, rotated_at=now, expires_at=now + REFRESH_LIFETIME, latest_sealed=sealed.seal(token)
    )
    RefreshToken.objects.create(session=session, token_hash=tokens.digest(token), generation=1)
    return Grant(user=user, session_id=session.id, refresh=token)


def _end(session: RefreshSession, *, now: datetime) -> None:
    """End one family and refuse its access tokens, here and in every service."""
    RefreshSession.objects.filter(id=session.id).update(revoked_at=now, latest_sealed="")
    subjects.revoke_session(session.id)
    outbox.append(SessionRevoked(session_id=session.id, user_id=session.user_id))


def _use(token: str, *, now: datetime) -> Grant | None:
    """Judge a presented token under its family's lock and do what the verdict says; None: it is refused."""
    presented = RefreshToken.objects.filter(token_hash=tokens.digest(token)).first()
    session = _locked(presented.session_id) if presented else None
    if presented is None or session is None:
        return None
    judged = verdict(
        generation=presented.generation,
        current=session.generation,
        since_rotation=now - session.rotated_at,
        alive=session.revoked_at is None and session.expires_at > now and session.user.is_active,
    )
    if judged is Verdict.REVOKE:
        log.warning("refresh_token_reused", extra={"user_id": str(session.user_id)})
        _end(session, now=now)
    if judged in (Verdict.REVOKE, Verdict.REFUSE):
        return None
    latest = _rotate(session, now=now) if judged is Verdict.ROTATE else sealed.unseal(session.latest_sealed)
    return Grant(user=session.user, session_id=session.id, refresh=latest)


def _locked(session_id: UUID) -> RefreshSession | None:
    """Return the family with its user, once every parallel use before this one has committed."""
    families = RefreshSession.objects.select_related("user").select_for_update(of=("self",))
    return families.filter(id=session_id).first()


def _rotate(session: RefreshSession, *, now: datetime) -> str:
    """Store the successor of the family's latest token and return it; whoever goes on has been seen."""
    token = tokens.new_refresh()
    generation = session.generation + 1
    RefreshToken.objects.create(session=session, token_hash=tokens.digest(token), generation=generation)
    RefreshSession.objects.filter(id=session.id).update(
        generation=generation,
        rotated_at=now,
        expires_at=now + REFRESH_LIFETIME,
        latest_sealed=sealed.seal(token),
    )
    seen_at = session.user.last_login_at
    # An account that only ever refreshes is in use; once an hour is often enough to know it.
    if seen_at is not None and now - seen_at > _SEEN_EVERY:
        User.objects.filter(id=session.user_id).update(last_login_at=now)
    return token
