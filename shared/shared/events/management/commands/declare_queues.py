"""`manage.py declare_queues`: declare this service's queue and bindings on RabbitMQ; safe to repeat."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from kombu.exceptions import OperationalError

from shared.events import topology


class Command(BaseCommand):
    help = "Declare this service's queue, its bindings and its dead-letter queue; run it before anything publishes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take no arguments."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys = topology.declare()
        except (OSError, OperationalError) as error:
            raise CommandError(
                f"RabbitMQ could not be reached: {type(error).__name__}. Check BROKER_URL and the broker."
            ) from error
        self.stdout.write(f"{settings.SERVICE}.events is bound to {', '.join(keys)}")
