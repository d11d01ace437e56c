"""The Celery app of a service: one queue, one consumer task, periodic ticks; configured against known failures."""

import gc
import logging
import os
import time
from typing import Any

import billiard.util
import django
import orjson
from celery import Celery, Task, bootsteps, signals
from celery.apps import worker as workers
from celery.apps.beat import Beat
from celery.apps.worker import Worker
from celery.beat import Scheduler
from celery.exceptions import Reject
from celery.worker.consumer import Consumer
from django.conf import settings
from django.db import close_old_connections, connection
from kombu import serialization
from kombu.utils import json as kombu_json

from shared import metrics, telemetry
from shared.events import topology
from shared.health import draining, server
from shared.health.heartbeat import Heartbeat

log = logging.getLogger(__name__)


class MeasuredTask(Task):  # type: ignore[misc]
    """A task whose time is measured; it finds a database connection that can be used."""

    abstract = True

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Run the task; signals would do, at ten times the price."""
        # Delivery waits for a database that is away by itself; a check before each task would cost a round trip.
        if connection.errors_occurred:
            close_old_connections()
        began, outcome = time.perf_counter(), "failure"
        try:
            result = self.run(*args, **options)
            outcome = "success"
        except Reject:
            outcome = "rejected"
            raise
        finally:
            metrics.TASK_DURATION.labels(self.name, outcome).observe(time.perf_counter() - began)
        return result


class PlainWorker(Worker):  # type: ignore[misc]
    """Celery's worker without its banner: what is printed is lines of log."""

    def on_before_init(self, **options: Any) -> None:
        """Be quiet, and say through the log what Celery's signal handlers would write past it."""
        workers.safe_say = lambda message, *_: log.warning("worker_says", extra={"said": message})
        super().on_before_init(**{**options, "quiet": True})


class PlainBeat(Beat):  # type: ignore[misc]
    """Celery's beat without its banner."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "quiet": True})


class CarefulConsumer(Consumer):  # type: ignore[misc]
    """Celery's consumer without delayed delivery (28 queues that nobody uses) and without silent loss."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        default_steps = [step for step in Consumer.Blueprint.default_steps if "delayed_delivery" not in step]

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Reject an undecodable message, which dead-letters it; Celery would acknowledge it away."""
        log.error("message_undecodable", extra={"cause": type(exc).__name__})
        message.reject_log_error(log, self.connection_errors)


class Progress(bootsteps.StartStopStep):  # type: ignore[misc]
    """Notes that the worker's event loop turns; while there is no connection it rests, which is no fault."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    heartbeat = Heartbeat("worker")

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._timer: Any = None

    def start(self, parent: Any) -> None:
        """Tick from the loop's own timer."""
        self.heartbeat.turn()
        self._timer = parent.timer.call_repeatedly(1.0, self.heartbeat.turn)

    def stop(self, parent: Any) -> None:
        """Rest until the connection is back."""
        del parent
        if self._timer:
            self._timer.cancel()
        self.heartbeat.pause()


class Replacement(bootsteps.StartStopStep):  # type: ignore[misc]
    """Soon replaces a child that was killed, and gives back the message it had in hand.

    Celery looks when the child's pipe closes, which may be a moment before the kernel has ended it; the next look
    would be five seconds later.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._timer: Any = None

    def start(self, parent: Any) -> None:
        """Look twice a second, from the loop's own timer."""
        self._timer = parent.timer.call_repeatedly(0.5, parent.pool.maintain_pool)

    def stop(self, parent: Any) -> None:
        """Leave it to Celery while there is no connection."""
        del parent
        if self._timer:
            self._timer.cancel()


class TurningScheduler(Scheduler):  # type: ignore[misc]
    """Celery's in-memory scheduler, which notes that its loop turns."""

    heartbeat = Heartbeat("beat")

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due; returns the seconds until the next look."""
        self.heartbeat.turn()
        return super().tick(*args, **kwargs)

    def _ensure_connected(self) -> Any:
        """Connect, however long the broker is away; waiting for it, a step a second, is turning too."""
        retries = self.app.conf.broker_connection_max_retries
        return self.connection.ensure_connection(_broker_away, retries, callback=self.heartbeat.turn)


def _broker_away(error: Exception, seconds: float) -> None:
    """Tell of an attempt to reach the broker that failed."""
    log.warning("beat_waits_for_broker", extra={"cause": type(error).__name__, "seconds": seconds})


# The reasons are in decision record 0005.
CONFIGURATION: dict[str, Any] = {
    "accept_content": ["json"],
    "beat_max_loop_interval": 5,
    "beat_scheduler": "shared.celery:TurningScheduler",
    "broker_connection_max_retries": None,
    "broker_connection_retry_on_startup": True,
    "broker_connection_timeout": 3,
    "broker_heartbeat": 10,
    "broker_pool_acquire_timeout": 5,
    "enable_utc": True,
    "task_acks_late": True,
    "task_acks_on_timeout": False,
    "task_create_missing_queues": False,
    "task_default_exchange": topology.EVENTS.name,
    "task_default_exchange_type": "topic",
    "task_ignore_result": True,
    "task_reject_on_worker_lost": True,
    "task_send_sent_event": False,
    "task_time_limit": 900,  # a task waits up to 600 s for a database that is away
    "timezone": "UTC",
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_consumer": "shared.celery:CarefulConsumer",
    "worker_enable_remote_control": False,
    "worker_hijack_root_logger": False,
    "worker_max_memory_per_child": 400_000,  # KiB
    "worker_max_tasks_per_child": 10_000,
    "worker_prefetch_multiplier": 1,
    "worker_send_task_events": False,
}


def make_app(service: str) -> Celery:
    """Return the Celery app of a service, with the consumer task registered.

    Args:
        service: the service's name; its settings module is `<service>.settings`.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"{service}.settings")
    django.setup()
    from shared.events.task import register  # noqa: PLC0415 (needs the models, and they need the line above)

    # Worker and child both read each message; kombu's reader calls a function for each of its objects.
    serialization.register("json", kombu_json.dumps, orjson.loads, "application/json", "utf-8")
    # Django's fixup would load all that a system check looks at, views and OpenAPI included, and run around each task.
    app = Celery(service, fixups=[], task_cls=MeasuredTask)

    @app.on_configure.connect(weak=False)  # type: ignore[untyped-decorator]
    def configure(**_: Any) -> None:
        app.conf.update(CONFIGURATION)
        app.conf.update(
            broker_url=settings.BROKER_URL,
            task_default_queue=f"{service}.events",
            task_default_routing_key=topology.tick_key(service),
        )

    @app.on_after_finalize.connect(weak=False)  # type: ignore[untyped-decorator]
    def queues(**_: Any) -> None:
        """Name the queue once the handlers, and so its bindings, are known."""
        app.conf.task_queues = [topology.events_queue(service)]

    register(app)
    app.Worker, app.Beat = app.subclass_with_self(PlainWorker), app.subclass_with_self(PlainBeat)
    app.steps["consumer"].update((Progress, Replacement))
    app.autodiscover_tasks([service])
    _watch()
    return app


def _child_begins(**_: Any) -> None:
    """Start telemetry after the fork."""
    telemetry.start("worker")


def _child_ends(**_: Any) -> None:
    """Send what is left of it."""
    telemetry.stop()


def _logging_begins(**_: Any) -> None:
    """Keep Celery from setting up logging of its own; its pool's lines go the way of all others."""
    pool = billiard.util.get_logger()
    pool.handlers, pool.propagate = [], True


def _before_children(**_: Any) -> None:
    """Let no collection touch what is loaded, so that children go on sharing its pages."""
    gc.collect()
    gc.freeze()


def _worker_begins(**_: Any) -> None:
    """Open the worker's management port."""
    server.serve(Progress.heartbeat)


def _worker_ends(**_: Any) -> None:
    """End readiness, while what is in hand is finished."""
    draining.begin()


def _beat_begins(**_: Any) -> None:
    """Start telemetry, open beat's management port, and look at the data from here, as there is one beat."""
    from shared.upkeep import observer  # noqa: PLC0415 (its queries need loaded apps)

    telemetry.start("beat")
    server.serve(TurningScheduler.heartbeat)
    observer.Observer().start()


def _watch() -> None:
    """Connect the functions above to Celery's signals."""
    for signal, receiver in (
        (signals.setup_logging, _logging_begins),
        (signals.celeryd_after_setup, _before_children),
        (signals.worker_process_init, _child_begins),
        (signals.worker_process_shutdown, _child_ends),
        (signals.worker_ready, _worker_begins),
        (signals.worker_shutting_down, _worker_ends),
        (signals.beat_init, _beat_begins),
    ):
        signal.connect(receiver, weak=False, dispatch_uid=receiver.__name__)
