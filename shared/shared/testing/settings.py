"""Settings under which shared/ itself is tested, and mypy reads models."""

import os

from shared.settings.environment import Environment, load

load(Environment)

from shared.settings.base import *

SERVICE = "shared"
ROOT_URLCONF = "shared.testing.urls"
SERVICE_HANDLERS = os.environ.get("TEST_HANDLERS")
