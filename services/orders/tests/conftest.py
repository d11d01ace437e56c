"""Fixtures of this suite."""

from shared.testing.plugin import *  # noqa: F403 (the fixtures of every Django suite)
