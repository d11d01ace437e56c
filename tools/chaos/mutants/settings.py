"""Settings of a service with a mutant: the service's own, and the app that applies it."""

import importlib
import os

_service = importlib.import_module(f"{os.environ['CHAOS_SERVICE']}.settings")
globals().update({name: value for name, value in vars(_service).items() if name.isupper()})

INSTALLED_APPS = [*_service.INSTALLED_APPS, "tools.chaos.mutants.apps.MutantConfig"]
