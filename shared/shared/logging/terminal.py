"""Short coloured lines for a person, made by structlog; what writes JSON never loads it."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from shared import logging as logs
from shared import masking

# C0 and C1 controls but tab and line break, which a terminal would obey.
_CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {0x09, 0x0A}, "\ufffd")


def _clean(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take what a terminal would obey, and what looks personal, out of the texts of a line for a person."""
    return {
        key: masking.text(value).translate(_CONTROLS) if isinstance(value, str) else value
        for key, value in line.items()
    }


_SHARED: list[Any] = [
    structlog.stdlib.ExtraAdder(),
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    logs.add_ids,
    logs.mask,
]


class _Lines(structlog.stdlib.ProcessorFormatter):
    """Lines whose arguments are masked by name, when they have names."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line."""
        return super().format(logs.arguments_masked(record))


def formatter() -> logging.Formatter:
    """Return the formatter of all handlers."""
    first = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    # The default would print local variables, which can hold passwords and tokens.
    plain = structlog.dev.plain_traceback
    renderer = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=plain)
    return _Lines(foreign_pre_chain=_SHARED, processors=[first, _clean, renderer])
