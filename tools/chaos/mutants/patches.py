"""What each mutant does to a service: one protection replaced by what somebody might write without thinking of it."""

import importlib
import os
from collections.abc import Callable
from typing import Any

from tools.chaos.inside import SERVICE


def apply(name: str) -> None:
    """Apply a mutant to this process; raises KeyError for an unknown name."""
    _PATCHES[name]()


def _no_inbox() -> None:
    """Take every delivery for the first."""
    delivery = importlib.import_module("shared.events.delivery")
    first_time = vars(delivery)["_first_time"]

    def always(event: Any) -> bool:
        first_time(event)
        return True

    vars(delivery)["_first_time"] = always


def _early_ack() -> None:
    """Acknowledge before the handler runs, Celery's default."""
    task = importlib.import_module("shared.events.task")
    frames = importlib.import_module("shared.events.frames")
    register = task.register

    def registered(app: Any) -> None:
        register(app)

        @app.on_after_finalize.connect(weak=False)  # type: ignore[untyped-decorator]
        def hasten(**_: Any) -> None:
            app.tasks[frames.TASK].acks_late = False

    vars(task)["register"] = registered


def _no_tombstone() -> None:
    """Release what is reserved, and forget that there was anything to release when nothing is."""
    if os.environ[SERVICE] != "catalog":
        return
    stock = importlib.import_module("catalog.services.stock")
    models = importlib.import_module("catalog.models")
    reservations = importlib.import_module("catalog.domain.reservations")
    first = vars(stock)["_first"]

    def forgetful(*, order_id: Any, user_id: Any, state: str) -> bool:
        if state == reservations.RELEASED:
            return not models.Reservation.objects.filter(order_id=order_id).exists()
        return bool(first(order_id=order_id, user_id=user_id, state=state))

    vars(stock)["_first"] = forgetful


def _no_idempotency() -> None:
    """Do every request, whatever its key says."""
    idempotency = importlib.import_module("shared.http.idempotency")
    vars(idempotency)["_once"] = lambda _view, _request, _key, _body, act, **_: act()


def _no_confirms() -> None:
    """Take what was written to the socket as sent."""
    publisher = importlib.import_module("shared.events.publisher").Publisher

    def at_once(self: Any) -> None:
        self._outcome.confirmed.update(self._waiting.values())
        self._waiting.clear()

    publisher._await_confirms = at_once  # noqa: SLF001  (what a mutant is)


_PATCHES: dict[str, Callable[[], None]] = {
    "no_inbox": _no_inbox,
    "early_ack": _early_ack,
    "no_tombstone": _no_tombstone,
    "no_idempotency": _no_idempotency,
    "no_confirms": _no_confirms,
}
