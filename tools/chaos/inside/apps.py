"""The Django app that is added to every service of a run, once all models are loaded."""

import importlib
import os

from django.apps import AppConfig

from tools.chaos import inside
from tools.chaos.mutants import patches


class InsideConfig(AppConfig):
    """Registers the handlers of poison, and switches off the protection that the environment names."""

    name = "tools.chaos.inside"
    label = "chaos_inside"

    def ready(self) -> None:
        """Change this process only."""
        importlib.import_module("tools.chaos.inside.poisoned")
        if mutant := os.environ[inside.MUTANT]:
            patches.apply(mutant)
