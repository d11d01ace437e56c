"""The lines that every request and every event has: straight to standard output when nobody else listens.

The standard library's way through record, loggers, handlers and locks costs four times the line itself, and threads
that meet at its lock take turns. A line is one write: it needs none.
"""

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

Format = Callable[[str, str, Mapping[str, Any]], bytes]

_alone: list[logging.Handler] | None = None  # the handlers of the root logger when all they do is done here too
_output = -1
_format: Format


def go_straight(handler: "logging.StreamHandler[Any]", form: Format) -> None:
    """Write frequent lines where the root logger's only handler would, as long as it stays the only one.

    Args:
        handler: that writes JSON.
        form: makes a line of a logger's name, an event and what is said.
    """
    global _alone, _output, _format  # noqa: PLW0603 (logging is set up once for the process)
    _alone = None
    with suppress(OSError, ValueError):  # a stream without a file, in tests
        _alone, _output, _format = [handler], handler.stream.fileno(), form


def go_around() -> None:
    """Give every line to the handlers."""
    global _alone  # noqa: PLW0603 (as above)
    _alone = None


def info(log: logging.Logger, event: str, said: Mapping[str, Any]) -> None:
    """Log what happens all the time.

    Args:
        log: whose level decides; its handlers, and those between it and the root logger, are passed by.
        event: its name.
        said: by keys that are not masked; what looks personal in a text is.
    """
    if not log.isEnabledFor(logging.INFO):
        return
    if _alone == logging.root.handlers:
        with suppress(OSError, TypeError):  # a full disk, or what is no text, is the handler's to report
            rest = _format(log.name, event, said)
            while rest:
                rest = rest[os.write(_output, rest) :]
            return
    log.info(event, extra=dict(said))
