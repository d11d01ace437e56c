"""The Django app behind the upkeep commands."""

from django.apps import AppConfig


class UpkeepConfig(AppConfig):
    name = "shared.upkeep"
    label = "upkeep"
