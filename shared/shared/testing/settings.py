"""Settings under which shared/ itself is tested, and mypy reads models."""

import os

from shared.settings.environment import Environment, load

load(Environment)

from shared.settings.base import *  # noqa: E402, F403 (the environment must be loaded first)

SERVICE = "shared"
ROOT_URLCONF = "shared.testing.urls"
SERVICE_HANDLERS = os.environ.get("TEST_HANDLERS")
