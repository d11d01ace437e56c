"""Login, and the families of refresh tokens that follow from it."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from shared import metrics
from shared.errors import AuthenticationFailed, TokenNotValid
from users.domain.tokens import ACCESS_LIFETIME, REFRESH_LIFETIME, Verdict, verdict
from users.models import RefreshSession, RefreshToken, User
from users.selectors import users
from users.services import passwords, sealing, tokens

log = logging.getLogger(__name__)


class WrongCredentials(AuthenticationFailed):
    """Address and password do not belong together; which of them is wrong is nobody's business."""

    message = "The e-mail address or the password is wrong."


class RefreshNotValid(TokenNotValid):
    """The refresh token is unknown, expired, or its family was revoked."""

    message = "The refresh token is not valid; log in again."


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Whom a refresh token belongs to, and the token that follows it."""

    verdict: Verdict
    user: User | None = None
    refresh: str = ""


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
        refresh = _start(known, now=now)
    metrics.LOGINS.labels(outcome="succeeded").inc()
    log.info("login_succeeded", extra={"user_id": str(known.id)})
    return _answer(known, refresh, now=now)


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
    if grant.user is None:
        if grant.verdict is Verdict.REVOKE:
            log.warning("refresh_token_reused")
        raise RefreshNotValid
    return _answer(grant.user, grant.refresh, now=now)


def logout(*, user_id: UUID, token: str, now: datetime) -> None:
    """Revoke the token's family; an unknown or somebody else's token is no error (RFC 7009, section 2.2)."""
    family = RefreshToken.objects.filter(token_hash=tokens.digest(token)).values("session_id")
    mine = RefreshSession.objects.filter(id__in=family, user_id=user_id, revoked_at__isnull=True)
    mine.update(revoked_at=now, latest_sealed="")


def revoke_all(*, user_id: UUID, now: datetime) -> None:
    """Revoke every family of a user."""
    families = RefreshSession.objects.filter(user_id=user_id, revoked_at__isnull=True)
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


def _answer(user: User, refresh_token: str, *, now: datetime) -> dict[str, Any]:
    """Return what a client is told after login and refresh."""
    return {
        "access": tokens.access(user, now=now),
        "refresh": refresh_token,
        "token_type": "Bearer",
        "expires_in": int(ACCESS_LIFETIME.total_seconds()),
        "user": users.row(user, users.GREETING),
    }


def _start(user: User, *, now: datetime) -> str:
    """Store a new family and return its first token."""
    token = tokens.new_refresh()
    session = RefreshSession.objects.create(
        user=user, rotated_at=now, expires_at=now + REFRESH_LIFETIME, latest_sealed=sealing.seal(token)
    )
    RefreshToken.objects.create(session=session, token_hash=tokens.digest(token), generation=1)
    return token


def _use(token: str, *, now: datetime) -> Grant:
    """Judge a presented token under its family's lock and do what the verdict says."""
    presented = RefreshToken.objects.filter(token_hash=tokens.digest(token)).first()
    session = _locked(presented.session_id) if presented else None
    if presented is None or session is None:
        return Grant(verdict=Verdict.REFUSE)
    judged = verdict(
        generation=presented.generation,
        current=session.generation,
        since_rotation=now - session.rotated_at,
        alive=session.revoked_at is None and session.expires_at > now and session.user.is_active,
    )
    if judged is Verdict.ROTATE:
        return Grant(verdict=judged, user=session.user, refresh=_rotate(session, now=now))
    if judged is Verdict.REPEAT:
        return Grant(verdict=judged, user=session.user, refresh=sealing.unseal(session.latest_sealed))
    if judged is Verdict.REVOKE:
        RefreshSession.objects.filter(id=session.id).update(revoked_at=now, latest_sealed="")
    return Grant(verdict=judged)


def _locked(session_id: UUID) -> RefreshSession | None:
    """Return the family with its user, once every parallel use before this one has committed."""
    families = RefreshSession.objects.select_related("user").select_for_update(of=("self",))
    return families.filter(id=session_id).first()


def _rotate(session: RefreshSession, *, now: datetime) -> str:
    """Store the successor of the family's latest token and return it."""
    token = tokens.new_refresh()
    generation = session.generation + 1
    RefreshToken.objects.create(session=session, token_hash=tokens.digest(token), generation=generation)
    RefreshSession.objects.filter(id=session.id).update(
        generation=generation,
        rotated_at=now,
        expires_at=now + REFRESH_LIFETIME,
        latest_sealed=sealing.seal(token),
    )
    return token
