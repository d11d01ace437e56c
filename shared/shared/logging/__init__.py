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
import structlog

from shared import context, masking, tracing
from shared.logging import files, frequent

# What is in every record, and so nothing that was said.
_OF_RECORDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
# C0 and C1 controls but tab and line break, which a terminal would obey.
_JSON = orjson.OPT_NON_STR_KEYS
_CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {0x09, 0x0A}, "\ufffd")


def add_ids(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put the ids of the request or event being worked on into the line."""
    line.update(context.current())
    if trace := tracing.trace_id():
        line["trace_id"] = trace
    return line


def mask(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace personal and secret values, which are known by their keys, also inside of other values."""
    return masking.top(line)


def _clean(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take what a terminal would obey, and what looks personal, out of the texts of a line for a person."""
    return {
        key: masking.text(value).translate(_CONTROLS) if isinstance(value, str) else value
        for key, value in line.items()
    }


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


_SHARED: list[Any] = [
    structlog.stdlib.ExtraAdder(),
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    add_ids,
    mask,
]


class _Lines(structlog.stdlib.ProcessorFormatter):
    """Lines whose arguments are masked by name, when they have names."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line."""
        if isinstance(record.args, dict):
            record = copy.copy(record)
            record.args = masking.values(record.args)  # type: ignore[arg-type]
        return super().format(record)


class _JsonLines(_Lines):
    """JSON lines; an ordinary one, of which every request has one, without the chain of processors."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line."""
        if record.exc_info or record.stack_info or isinstance(record.args, dict) or not isinstance(record.msg, str):
            return super().format(record)
        line: dict[str, Any] = {"event": record.getMessage()}
        line.update((name, value) for name, value in record.__dict__.items() if name not in _OF_RECORDS)
        line["level"] = record.levelname.lower()
        line["logger"] = record.name
        line["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        return _json(mask(None, "", add_ids(None, "", line)))


def formatter(*, console: bool) -> structlog.stdlib.ProcessorFormatter:
    """Return the formatter of all handlers."""
    first = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if console:
        # The default would print local variables, which can hold passwords and tokens.
        plain = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=plain)
        return _Lines(foreign_pre_chain=_SHARED, processors=[first, _clean, renderer])
    last: list[Any] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]
    return _JsonLines(foreign_pre_chain=_SHARED, processors=[first, *last])


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
