"""The one Celery task through which every event reaches its service."""

import logging
from typing import Any

from celery import Celery, Task
from celery.exceptions import Reject

from shared.events import delivery
from shared.events.frames import TASK

log = logging.getLogger(__name__)

_LOSSES = "x-delivery-count"  # how often a quorum queue has got the message back


def register(app: Celery) -> None:
    """Register the consumer task on a service's Celery app."""

    @app.task(name=TASK, acks_late=True, bind=True, typing=False)  # type: ignore[untyped-decorator]
    def deliver(task: Task, *args: Any, attempt: Any = 0, **_: Any) -> None:
        """Handle one event; Celery would acknowledge a task that raises, so nothing but Reject may leave here."""
        raw, losses = args[0] if args else None, task.request.get(_LOSSES)
        try:
            delivery.deliver(raw, attempt=_number(attempt), losses=_number(losses))
        except delivery.DatabaseAway as error:
            raise Reject(str(error), requeue=True) from error
        except Exception as error:
            log.exception("event_not_recorded")
            raise Reject(str(error), requeue=False) from error


def _number(value: Any) -> int:
    """Return what a message says as a number, and nothing for anything else: whoever publishes may write there."""
    return value if isinstance(value, int) else 0
