"""The Django app behind the outbox and inbox tables; loads the service's handlers at start."""

from importlib import import_module

from django.apps import AppConfig
from django.conf import settings


class EventsConfig(AppConfig):
    name = "shared.events"
    label = "events"

    def ready(self) -> None:
        """Import the service's handlers, so that the registry knows what to bind and whom to call."""
        if settings.SERVICE_HANDLERS:
            import_module(settings.SERVICE_HANDLERS)
