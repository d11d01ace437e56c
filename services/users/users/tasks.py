"""What beat starts: one tick, one call inward, in one process at a time."""

from celery import shared_task
from django.utils import timezone

from shared.db.locks import advisory_lock
from shared.http import idempotency
from users.services import housekeeping


@shared_task(name="users.purge")  # type: ignore[untyped-decorator]
def purge() -> None:
    """Delete what has outlived its use."""
    with advisory_lock("purge") as mine:
        if mine:
            housekeeping.purge(now=timezone.now())
            idempotency.purge()
