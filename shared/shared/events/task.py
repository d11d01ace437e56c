"""The one Celery task through which every event reaches its service."""

import logging
from typing import Any

from celery import Celery
from celery.exceptions import Reject

from shared.events import delivery
from shared.events.outgoing import TASK

log = logging.getLogger(__name__)


def register(app: Celery) -> None:
    """Register the consumer task on a service's Celery app."""

    @app.task(name=TASK, acks_late=True, typing=False)  # type: ignore[untyped-decorator]
    def deliver(*args: Any, attempt: Any = 0, **_: Any) -> None:
        """Handle one event; Celery would acknowledge a task that raises, so nothing but Reject may leave here."""
        try:
            delivery.deliver(args[0] if args else None, attempt=attempt if isinstance(attempt, int) else 0)
        except delivery.DatabaseAway as error:
            raise Reject(str(error), requeue=True) from error
        except Exception as error:
            log.exception("event_not_recorded")
            raise Reject(str(error), requeue=False) from error
