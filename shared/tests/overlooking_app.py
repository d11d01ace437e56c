"""greeter_app whose pool never notices by itself that a child was killed, as happens when it looks too early."""

from celery.concurrency.asynpool import AsynPool
from greeter_app import app

__all__ = ["app"]

AsynPool._event_process_exit = lambda pool, hub, child: pool._untrack_child_process(child, hub)
AsynPool.timers = {}
