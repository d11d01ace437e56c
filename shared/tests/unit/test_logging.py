"""One JSON object a line, with the ids of the work and without personal data."""

import json
import logging
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from shared import context, tracing
from shared import logging as logs
from shared.logging import files

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


def test_a_line_is_in_one_order_and_masked_by_key():
    record = log.makeRecord(
        "shared.x", logging.INFO, "file", 1, "said %s", ("this",), None, extra={"count": 3, "email": "a@b.example"}
    )

    with context.bound(request_id="request-1", event_id="event-1"):
        line = json.loads(logs.formatter(console=False).format(record))

    assert datetime.fromisoformat(line.pop("timestamp")).utcoffset() == timedelta(0)
    assert list(line.items()) == [
        *(("event", "said this"), ("count", 3), ("email", "***"), ("level", "info"), ("logger", "shared.x")),
        *(("request_id", "request-1"), ("event_id", "event-1")),
    ]


def test_a_process_that_writes_json_loads_nothing_for_terminals():
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, shared.logging as logs; logs.configure(level='INFO'); print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert {"rich", "structlog", "pygments"}.isdisjoint(loaded.stdout.split())


def test_a_message_with_quotes_and_line_breaks_stays_one_line_of_json(lines):
    (line,) = lines(lambda: log.info('he said "hi"\r\n{"level": "forged"}'))

    assert line["event"] == 'he said "hi"\r\n{"level": "forged"}'
    assert line["level"] == "info"


@pytest.mark.parametrize("key", ["email", "password", "token", "refresh", "phone_number", "authorization"])
def test_personal_and_secret_values_are_masked(lines, key):
    (line,) = lines(lambda: log.info("thing_done", extra={key: "canary-value"}))

    assert line[key] == "***"


def test_masks_reach_into_what_is_nested_and_into_named_arguments(lines):
    nested = {"person": {"Email": "canary-value", "ids": [1, {"token": "canary-value"}]}, "tried": 2}

    first, second = lines(
        lambda: (log.info("thing_done", extra={"told": nested}), log.info("to %(email)s", {"email": "canary-value"}))
    )

    assert first["told"] == {"person": {"Email": "***", "ids": [1, {"token": "***"}]}, "tried": 2}
    assert second["event"] == "to ***"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("mail to first.last+tag@shop.example failed", "mail to *** failed"),
        ('two\nlines: "a@b.example", c@d.example', 'two\nlines: "***", ***'),
        ("amqp://plaza:s3cret@127.0.0.1:5672//", "amqp://***@127.0.0.1:5672//"),
        ("Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOjF9.c2ln", "Bearer ***"),
        ("plaza@1.2.3 at 12:00", "plaza@1.2.3 at 12:00"),
    ],
)
def test_what_looks_personal_or_secret_is_masked_wherever_it_is_said(lines, said, shown):
    def work():
        log.info(said)
        log.info("%s", said)
        log.info("thing_done", extra={"said": [said]})
        log.error("failed", exc_info=LookupError(said))

    plain, argument, extra, failure = lines(work)

    assert (plain["event"], argument["event"], extra["said"]) == (shown, shown, [shown])
    assert f"LookupError: {shown}" in failure["exception"]


def test_what_is_nested_without_end_does_not_stop_a_line(lines):
    endless = {"token": "canary-value"}
    endless["again"] = [endless]

    (line,) = lines(lambda: log.info("thing_done", extra={"told": endless}))

    assert "canary-value" not in json.dumps(line)


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


def test_processes_that_share_a_file_rotate_it_once_and_lose_nothing(tmp_path):
    first, second = (files.SharedFile(tmp_path / "all.log", size=2000) for _ in range(2))
    for handler in (first, second):
        handler.setFormatter(logging.Formatter("%(message)s"))

    for number in range(300):
        (first, second)[number % 2].handle(logging.makeLogRecord({"msg": f"line {number:05d}"}))

    first.close()
    second.close()
    kept = sorted(tmp_path.glob("all.log*"))
    written = "".join(path.read_text() for path in kept).splitlines()
    assert sorted(written) == [f"line {number:05d}" for number in range(300)]
    assert {path.name for path in kept} == {"all.log", "all.log.1"}
    assert max(path.stat().st_size for path in kept) <= 2000


def test_two_that_find_a_file_full_at_once_rotate_it_once(tmp_path):
    first, second = (files.SharedFile(tmp_path / "all.log") for _ in range(2))
    first.handle(logging.makeLogRecord({"msg": "old"}))

    first.doRollover()
    second.doRollover()
    second.handle(logging.makeLogRecord({"msg": "new"}))

    first.close()
    second.close()
    kept = {path.name: path.read_text().strip() for path in tmp_path.glob("all.log*")}
    assert kept == {"all.log": "new", "all.log.1": "old"}


def test_a_terminal_does_not_obey_what_is_logged(capsys, lines):
    logs.configure(level="INFO", console=True)
    log.info("said \x1b[31mred\x07", extra={"to": "a@b.example", "agent": "\x1b]0;title\x9b"})

    out = capsys.readouterr().out
    assert not set(out.replace("\n", "")) & {chr(code) for code in (0x07, 0x1B, 0x9B)}
    assert "a@b.example" not in out


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


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (["manage.py", "audit", "--format", "json"], "stderr"),
        (["/srv/orders/manage.py", "saga", "list"], "stderr"),
        (["/opt/shared/launch.py", "manage", "audit"], "stderr"),
        (["manage.py", "relay"], "stdout"),
        (["/opt/shared/launch.py", "relay"], "stdout"),
        (["/opt/bin/gunicorn", "orders.wsgi"], "stdout"),
        (["manage.py"], "stderr"),
    ],
)
def test_the_lines_of_a_command_do_not_mix_with_what_it_prints(argv, wanted):
    assert logs.stream(argv) is getattr(sys, wanted)
