"""Revoked tokens: users deactivated or raised to a new epoch lately, and sessions that ended lately.

Access tokens live 15 minutes, so only recent changes matter. Each process keeps them in memory and looks again
once a second; a revocation takes effect everywhere within two seconds of its event.
"""

import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Now

from shared.auth.models import RevokedSession, Subject
from shared.auth.principal import Principal
from shared.db import prepared

_FRESH_SECONDS = 1.0
_RELEVANT = timedelta(minutes=20)
_KEPT = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Revoked:
    """What is refused: a user's tokens below an epoch (None: all of them), a session's tokens."""

    users: dict[UUID, int | None] = field(default_factory=dict)
    sessions: frozenset[UUID] = frozenset()


_REGISTER = "INSERT INTO subjects (user_id) VALUES (%s) ON CONFLICT DO NOTHING"

_lock = threading.Lock()
_read_at = float("-inf")
_revoked = Revoked()


def register(user_id: UUID) -> None:
    """Note that a user exists; knows nothing if the user's deactivation came first."""
    prepared.execute(_REGISTER, [user_id])


def deactivate(*user_ids: UUID) -> None:
    """Refuse every token of the users from now on, with one statement."""
    Subject.objects.bulk_create(
        [Subject(user_id=user_id, deactivated_at=Now(), changed_at=Now()) for user_id in sorted(user_ids)],
        update_conflicts=True,
        unique_fields=["user_id"],
        update_fields=["deactivated_at", "changed_at"],
    )


def revoke(user_id: UUID, *, epoch: int) -> None:
    """Refuse the user's tokens of earlier epochs; an older epoch than the known one changes nothing."""
    register(user_id)
    Subject.objects.filter(user_id=user_id, epoch__lt=epoch).update(epoch=epoch, changed_at=Now())


def revoke_session(session_id: UUID) -> None:
    """Refuse the session's tokens; to do it again changes nothing."""
    RevokedSession.objects.bulk_create([RevokedSession(session_id=session_id)], ignore_conflicts=True)


def is_revoked(principal: Principal) -> bool:
    """Return whether the principal's token was revoked, as far as this process knows (at most a second old)."""
    return _refuses(_recent(), principal)


def is_known_good(principal: Principal) -> bool:
    """Return whether the principal's token is not revoked, and that is known without asking the database again."""
    read_at, revoked = _read_at, _revoked  # in this order: what is read later is as new as its time, or newer
    return time.monotonic() - read_at < _FRESH_SECONDS and not _refuses(revoked, principal)


def _refuses(revoked: Revoked, principal: Principal) -> bool:
    """Return whether a principal's token is among the revoked."""
    if principal.session_id in revoked.sessions:
        return True
    if principal.id not in revoked.users:
        return False
    least_epoch = revoked.users[principal.id]
    return least_epoch is None or principal.epoch < least_epoch


def is_deactivated(user_id: UUID) -> bool:
    """Return whether the user was deactivated, read from the database."""
    return Subject.objects.filter(user_id=user_id, deactivated_at__isnull=False).exists()


def purge(*, batch: int = 1000) -> int:
    """Forget sessions that ended over an hour ago, in batches; returns how many."""
    old = RevokedSession.objects.filter(revoked_at__lt=Now() - _KEPT)
    total = 0
    while ids := list(old.values_list("session_id", flat=True)[:batch]):
        total += RevokedSession.objects.filter(session_id__in=ids).delete()[0]
    return total


def forget_cache() -> None:
    """Read the tables again at the next look; for tests."""
    global _read_at  # noqa: PLW0603 (one cache for the process)
    _read_at = float("-inf")


def _recent() -> Revoked:
    """Return what was revoked lately, read again when it is a second old."""
    global _read_at, _revoked
    if time.monotonic() - _read_at < _FRESH_SECONDS:
        return _revoked
    with _lock:
        if time.monotonic() - _read_at >= _FRESH_SECONDS:
            asked_at = time.monotonic()
            _revoked, _read_at = _read(), asked_at
    return _revoked


def _read() -> Revoked:
    """Read both tables with one query."""
    changed = Subject.objects.filter(changed_at__gt=Now() - _RELEVANT)
    users = changed.filter(Q(deactivated_at__isnull=False) | Q(epoch__gt=0)).values_list(
        F("user_id"), F("epoch"), ExpressionWrapper(Q(deactivated_at__isnull=False), output_field=BooleanField())
    )
    sessions = RevokedSession.objects.filter(revoked_at__gt=Now() - _RELEVANT).values_list(
        F("session_id"), Value(-1), Value(value=True)
    )
    rows = list(users.union(sessions, all=True))
    return Revoked(
        users={user_id: None if gone else epoch for user_id, epoch, gone in rows if epoch >= 0},
        sessions=frozenset(session_id for session_id, epoch, _ in rows if epoch < 0),
    )
