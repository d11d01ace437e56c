"""Settings of a service in a run: the service's own, and the app that adds what the run needs inside."""

import importlib
import os

from tools.chaos import inside

_service = importlib.import_module(f"{os.environ[inside.SERVICE]}.settings")
globals().update({name: value for name, value in vars(_service).items() if name.isupper()})

INSTALLED_APPS = [*_service.INSTALLED_APPS, "tools.chaos.inside.apps.InsideConfig"]
