"""Structured logs: one JSON object a line, or short coloured lines on a terminal; ids of the work on every line.

Code logs with the standard library: `log.info("order_placed", extra={"order_id": …})`. The message is an event name;
values go into `extra`, where personal data is masked by key.
"""

import copy
import logging
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import orjson

from shared import context, masking, tracing
from shared.logging import files, frequent

# What is in every record, and so nothing that was said.
_OF_RECORDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_JSON = orjson.OPT_NON_STR_KEYS


def add_ids(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put the ids of the request or event being worked on into the line."""
    line.update(context.current())
    if trace := tracing.trace_id():
        line["trace_id"] = trace
    return line


def mask(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace personal and secret values, which are known by their keys, also inside of other values."""
    return masking.top(line)


def _dumped(line: Any, option: int = _JSON) -> bytes:
    """Return a line as JSON without what looks personal; control characters are escaped, so that it stays one line."""
    dumped = orjson.dumps(line, default=str, option=option)
    if b"@" in dumped or b"eyJ" in dumped:  # few lines have what may be an address or a token
        return orjson.dumps(masking.texts(line), default=_shown, option=option)
    return dumped


def _json(line: Any, **_: Any) -> str:
    """Return a line as JSON in a text."""
    return _dumped(line).decode()


def _frequent(logger: str, event: str, said: Mapping[str, Any]) -> bytes:
    """Return an INFO line of its parts, with its end."""
    line = {"event": event, **said, "level": "info", "logger": logger, "timestamp": datetime.now(UTC)}
    return _dumped(add_ids(None, "", line), _JSON | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def _shown(value: Any) -> str:
    """Return a value that JSON does not know as text."""
    return masking.text(str(value))


def arguments_masked(record: logging.LogRecord) -> logging.LogRecord:
    """Return a record whose arguments are masked by name, when they have names."""
    if isinstance(record.args, dict):
        record = copy.copy(record)
        record.args = masking.values(record.args)  # type: ignore[arg-type]
    return record


class _JsonLines(logging.Formatter):
    """JSON lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line."""
        line: dict[str, Any] = {"event": arguments_masked(record).getMessage()}
        line.update((name, value) for name, value in record.__dict__.items() if name not in _OF_RECORDS)
        line["level"] = record.levelname.lower()
        line["logger"] = record.name
        line["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        mask(None, "", add_ids(None, "", line))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack_info"] = record.stack_info
        return _json(line)


def formatter(*, console: bool) -> logging.Formatter:
    """Return the formatter of all handlers."""
    if not console:
        return _JsonLines()
    from shared.logging import terminal  # noqa: PLC0415 (it takes five MiB, and a third of a second)

    return terminal.formatter()


def stream(argv: Sequence[str]) -> TextIO:
    """Return where lines go: of a server to standard output, of a command beside what it was asked for.

    Args:
        argv: the process's.
    """
    program, act = Path(argv[0]).name, argv[1:2]
    is_command = act == ["manage"] or (program == "manage.py" and act != ["relay"])
    return sys.stderr if is_command else sys.stdout


def configure(*, level: str, console: bool = False, folder: Path | None = None) -> None:
    """Set up logging for the process: Django, gunicorn, Celery and our own code in one shape.

    Args:
        level: of our own loggers; others log from WARNING, DEBUG only at DEBUG.
        console: short lines for a person instead of JSON.
        folder: also write all.log and errors.log there, 15 MB x 10 each.
    """
    output = logging.StreamHandler(stream(sys.argv))
    handlers: list[logging.Handler] = [output]
    if folder is not None:
        handlers += files.handlers(folder)
    for handler in handlers:
        handler.setFormatter(formatter(console=console))
    logging.basicConfig(handlers=handlers, level="WARNING", force=True)
    if console or folder is not None:
        frequent.go_around()
    else:
        frequent.go_straight(output, _frequent)
    for name in ("shared", "users", "catalog", "orders"):
        logging.getLogger(name).setLevel(level)
    # The request line and shared.http.errors say all that Django's own lines would.
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    for name in ("gunicorn.error", "celery"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel("WARNING")
    logging.captureWarnings(capture=True)
