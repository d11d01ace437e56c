"""Periodic work: one tick, one service call."""

from celery import shared_task

from catalog import services


@shared_task(name="catalog.purge")  # type: ignore[untyped-decorator]
def purge() -> None:
    """Delete what has served its time."""
    services.purge()
