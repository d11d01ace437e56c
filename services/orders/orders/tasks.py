"""Periodic work: one tick, one service call."""

from celery import shared_task

from orders import services


@shared_task(name="orders.sweep")  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Cancel what has timed out and ask again what was not answered."""
    services.orders_sweep()


@shared_task(name="orders.purge")  # type: ignore[untyped-decorator]
def purge() -> None:
    """Delete what has served its time."""
    services.purge()
