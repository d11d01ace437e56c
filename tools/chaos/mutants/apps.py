"""The Django app that applies the chosen mutant once all models are loaded."""

import os

from django.apps import AppConfig

from tools.chaos.mutants import CHOSEN, patches


class MutantConfig(AppConfig):
    """Switches one protection off, in this process only."""

    name = "tools.chaos.mutants"
    label = "chaos_mutants"

    def ready(self) -> None:
        """Apply the mutant that the environment names."""
        patches.apply(os.environ[CHOSEN])
