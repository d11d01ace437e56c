"""Where log lines go: standard output, and with LOG_DIR two rotating files."""

from shared import logging as logs
from shared.settings.environment import Environment


def logging_config(env: Environment) -> None:
    """Configure logging for this process from the environment."""
    logs.configure(level=env.log_level, console=env.log_format == "console", folder=env.log_dir)
