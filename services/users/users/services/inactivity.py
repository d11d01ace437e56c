"""Deactivating accounts that nobody uses any more: in batches by id, each in a transaction of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from shared.auth import subjects
from shared.events import outbox
from shared.events.contracts import UserDeactivated
from users.models import User
from users.services import sessions


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What one transaction deactivated, or would."""

    count: int
    last_id: UUID


def users_deactivate_inactive(
    *, idle_since: datetime, now: datetime, batch_size: int, after: UUID | None = None, dry_run: bool = False
) -> Iterator[Batch]:
    """Deactivate, without erasing, the active accounts but staff's that nobody has used for long.

    Yields each batch after its commit; stopped anywhere, what is left is done by running it again.

    Args:
        idle_since: no login and no refresh since then, or none ever and registered before.
        now: the time of asking.
        batch_size: accounts in a transaction.
        after: leave out the ids up to this one.
        dry_run: change nothing.
    """
    while True:
        idle = _idle(idle_since, after)
        ids = _found(idle, batch_size) if dry_run else _deactivate(idle, batch_size, now=now)
        if not ids:
            return
        yield Batch(count=len(ids), last_id=ids[-1])
        after = ids[-1]


def _idle(since: datetime, after: UUID | None) -> QuerySet[User]:
    """Return the accounts to deactivate, by id."""
    idle = User.objects.alias(seen_at=Coalesce("last_login_at", "created_at"))
    idle = idle.filter(is_active=True, is_staff=False, seen_at__lt=since).order_by("id")
    return idle.filter(id__gt=after) if after else idle


def _found(idle: QuerySet[User], batch_size: int) -> list[UUID]:
    """Return the ids of the next batch."""
    return list(idle.values_list("id", flat=True)[:batch_size])


def _deactivate(idle: QuerySet[User], batch_size: int, *, now: datetime) -> list[UUID]:
    """Do to the next batch at once what deactivating does to one account; returns its ids.

    The lock comes with the question: whoever logs in at the same moment is either seen here, or refused there.
    """
    with transaction.atomic():
        ids = _found(idle.select_for_update(no_key=True), batch_size)
        if not ids:
            return []
        User.objects.filter(id__in=ids).update(
            is_active=False, deactivated_at=now, epoch=F("epoch") + 1, updated_at=now
        )
        sessions.end_families(*ids, now=now)
        subjects.deactivate(*ids)
        outbox.append(*(UserDeactivated(user_id=user_id) for user_id in ids))
    return ids
