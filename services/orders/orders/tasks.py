"""Periodic work: one tick, one service call."""

from celery import shared_task

from orders import services
from shared import tracing


@shared_task(name="orders.sweep")  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Cancel what has timed out and ask again what was not answered."""
    with tracing.span("sweep"):  # nobody's request: what it asks again begins a trace
        services.orders_sweep()


@shared_task(name="orders.purge")  # type: ignore[untyped-decorator]
def purge() -> None:
    """Delete what has served its time."""
    services.purge()
