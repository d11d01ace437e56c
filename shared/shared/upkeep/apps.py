"""The Django app behind the upkeep commands; beat gets its observer from here."""

from typing import Any

from celery import signals
from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "shared.upkeep"
    label = "upkeep"

    def ready(self) -> None:
        """Let the beat process, and no other, start the observer."""
        signals.beat_init.connect(_observe, weak=False, dispatch_uid="upkeep")


def _observe(**_: Any) -> None:
    """Start the observer's thread."""
    from shared.upkeep import observer  # noqa: PLC0415 (its queries need loaded apps)

    observer.Observer().start()
