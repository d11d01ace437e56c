"""One JSON object a line, with the ids of the work and without personal data."""

import json
import logging

import pytest
import structlog

from shared import context, tracing
from shared import logging as logs


@pytest.fixture
def lines(capsys):
    """A function that does something and returns the lines it logged."""
    root, level = logging.getLogger(), logging.getLogger().level
    handlers = root.handlers[:]

    def of(act):
        logs.configure(level="INFO")
        act()
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    yield of
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


log = logging.getLogger("shared.x")


def test_a_line_is_json_with_the_ids_of_the_work(lines):
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    def work():
        with context.bound(request_id="request-1", event_id="event-1"), tracing.span("x", parent=parent):
            log.info("thing_done", extra={"count": 3})

    (line,) = lines(work)

    assert {name: line[name] for name in ("event", "level", "count", "request_id", "event_id", "trace_id")} == {
        "event": "thing_done",
        "level": "info",
        "count": 3,
        "request_id": "request-1",
        "event_id": "event-1",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
    }


def test_an_ordinary_line_is_what_the_processors_would_make_of_it():
    record = log.makeRecord(
        "shared.x", logging.INFO, "file", 1, "said %s", ("this",), None, extra={"count": 3, "email": "a@b.example"}
    )
    formatter = logs.formatter(console=False)

    with context.bound(request_id="request-1", event_id="event-1"):
        short = json.loads(formatter.format(record))
        whole = json.loads(structlog.stdlib.ProcessorFormatter.format(formatter, record))

    assert short.pop("timestamp")[:16] == whole.pop("timestamp")[:16]
    assert list(short.items()) == list(whole.items())
    assert short["email"] == "***"


def test_a_message_with_quotes_and_line_breaks_stays_one_line_of_json(lines):
    (line,) = lines(lambda: log.info('he said "hi"\r\n{"level": "forged"}'))

    assert line["event"] == 'he said "hi"\r\n{"level": "forged"}'
    assert line["level"] == "info"


@pytest.mark.parametrize("key", ["email", "password", "token", "refresh", "phone_number", "authorization"])
def test_personal_and_secret_values_are_masked(lines, key):
    (line,) = lines(lambda: log.info("thing_done", extra={key: "canary-value"}))

    assert line[key] == "***"


def test_an_exception_is_in_its_line(lines):
    (line,) = lines(lambda: log.error("failed", exc_info=LookupError("gone")))

    assert "LookupError: gone" in line["exception"]


def test_a_folder_gets_everything_and_errors_apart(lines, tmp_path):
    logs.configure(level="INFO", folder=tmp_path / "logs")
    log.info("fine")
    log.error("bad")

    def events(name):
        return [json.loads(line)["event"] for line in (tmp_path / "logs" / name).read_text().splitlines()]

    assert events("all.log") == ["fine", "bad"]
    assert events("errors.log") == ["bad"]
    for handler in logging.getLogger().handlers:
        handler.close()


def test_a_terminal_gets_short_lines(capsys, lines):
    logs.configure(level="INFO", console=True)
    log.info("thing_done", extra={"count": 3})

    out = capsys.readouterr().out
    assert "thing_done" in out
    assert "count" in out
    assert not out.startswith("{")


def test_a_traceback_on_a_terminal_shows_no_local_variables(capsys, lines):
    logs.configure(level="INFO", console=True)

    def fail():
        password = "canary-" + "value"
        raise LookupError(len(password))

    try:
        fail()
    except LookupError as error:
        log.exception("failed", exc_info=error)

    out = capsys.readouterr().out
    assert "LookupError: 12" in out
    assert "canary-value" not in out
