"""The one Celery task through which every event reaches its service."""

from typing import Any

from celery import Celery
from celery.exceptions import Reject

from shared.events import delivery
from shared.events.outgoing import TASK


def register(app: Celery) -> None:
    """Register the consumer task on a service's Celery app."""

    @app.task(name=TASK, acks_late=True)  # type: ignore[untyped-decorator]
    def deliver(envelope: Any, attempt: int = 0) -> None:
        """Handle one event; it goes back to the queue only when nothing could be recorded about it."""
        try:
            delivery.deliver(envelope, attempt=attempt)
        except delivery.DatabaseAway as error:
            raise Reject(str(error), requeue=True) from error
