"""`manage.py relay`: publish the outbox and send due retries until told to stop."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from shared import telemetry
from shared.events.relay import Relay
from shared.health import server
from shared.health.heartbeat import Heartbeat


class Command(BaseCommand):
    help = "Publish this service's outbox to RabbitMQ and send failed events that are due back to its queue."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        telemetry.start("relay")
        heartbeat = Heartbeat("relay")
        server.serve(heartbeat)
        Relay(stopping=stopping, progress=heartbeat.turn).run()
        telemetry.stop()
