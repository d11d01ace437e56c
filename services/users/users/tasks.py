"""What beat starts: one tick, one call inward."""

from celery import shared_task
from django.utils import timezone

from users.services import housekeeping


@shared_task(name="users.purge")  # type: ignore[untyped-decorator]
def purge() -> None:
    """Delete what has outlived its use."""
    housekeeping.purge(now=timezone.now())
