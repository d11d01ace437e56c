"""Settings of a real web process under test."""

from shared.testing.settings import *  # noqa: F403 (as every settings module)

ROOT_URLCONF = "trouble"
