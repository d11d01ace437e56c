"""Revoked tokens: which users were deactivated or had their epoch raised lately.

Access tokens live 15 minutes, so only recent changes matter. Each process keeps them in memory and looks again
once a second; a deactivation takes effect everywhere within seconds of its event.
"""

import threading
import time
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from shared.auth.models import Subject
from shared.auth.principal import Principal

_FRESH_SECONDS = 1.0
_RELEVANT = timedelta(minutes=20)

_lock = threading.Lock()
_read_at = float("-inf")
_revoked: dict[UUID, int | None] = {}


def register(user_id: UUID) -> None:
    """Note that a user exists; knows nothing if the user's deactivation came first."""
    Subject.objects.bulk_create([Subject(user_id=user_id)], ignore_conflicts=True)


def deactivate(user_id: UUID) -> None:
    """Refuse every token of the user from now on."""
    Subject.objects.update_or_create(user_id=user_id, defaults={"deactivated_at": Now(), "changed_at": Now()})


def revoke(user_id: UUID, *, epoch: int) -> None:
    """Refuse the user's tokens of earlier epochs; an older epoch than the known one changes nothing."""
    register(user_id)
    Subject.objects.filter(user_id=user_id, epoch__lt=epoch).update(epoch=epoch, changed_at=Now())


def is_revoked(principal: Principal) -> bool:
    """Return whether the principal's token was revoked, as far as this process knows (at most a second old)."""
    revoked = _recent()
    if principal.id not in revoked:
        return False
    least_epoch = revoked[principal.id]
    return least_epoch is None or principal.epoch < least_epoch


def is_deactivated(user_id: UUID) -> bool:
    """Return whether the user was deactivated, read from the database."""
    return Subject.objects.filter(user_id=user_id, deactivated_at__isnull=False).exists()


def forget_cache() -> None:
    """Read the table again at the next look; for tests."""
    global _read_at  # noqa: PLW0603 (one cache for the process)
    _read_at = float("-inf")


def _recent() -> dict[UUID, int | None]:
    """Return recently revoked users with the least epoch that is still good (None: none is)."""
    global _read_at, _revoked  # noqa: PLW0603 (one cache for the process)
    if time.monotonic() - _read_at < _FRESH_SECONDS:
        return _revoked
    with _lock:
        if time.monotonic() - _read_at >= _FRESH_SECONDS:
            changed = Subject.objects.filter(changed_at__gt=Now() - _RELEVANT)
            rows = changed.filter(Q(deactivated_at__isnull=False) | Q(epoch__gt=0))
            found = rows.values_list("user_id", "epoch", "deactivated_at")
            _revoked = {user_id: None if gone else epoch for user_id, epoch, gone in found}
            _read_at = time.monotonic()
    return _revoked
