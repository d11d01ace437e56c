"""The lines that every request and every event has: the same as all others, only sooner written."""

import errno
import json
import logging
import os
import sys
from datetime import datetime

import pytest

from shared import context, masking
from shared import logging as logs
from shared.logging import frequent

log = logging.getLogger("shared.x")
SAID = {"path": "/a?b=é\n", "agent": "me@home.example", "status": 200, "seconds": 0.25}


def without_time(line):
    return {name: value for name, value in line.items() if name != "timestamp"}


@pytest.fixture
def written(lines, tmp_path):
    """A function that does something while standard output is a file, and returns what is in there."""
    path = tmp_path / "output"

    def of(act, *, level="INFO"):
        with path.open("w") as stdout, pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdout", stdout)
            logs.configure(level=level)
            act()
        return [json.loads(line) for line in path.read_text().splitlines()]

    return of


def test_a_frequent_line_is_an_ordinary_one(written):
    def work():
        with context.bound(request_id="request-1", user_id="user-1"):
            log.info("said", extra=SAID)
            frequent.info(log, "said", SAID)

    usual, straight = written(work)

    assert without_time(straight) == without_time(usual)
    assert straight["agent"] == masking.MASK
    assert datetime.fromisoformat(straight["timestamp"]) >= datetime.fromisoformat(usual["timestamp"])


def test_whoever_listens_hears_frequent_lines_too(written):
    heard = []
    listener = logging.Handler()
    listener.emit = heard.append

    def work():
        logging.getLogger().addHandler(listener)
        frequent.info(log, "said", SAID)

    (line,) = written(work)

    assert [(record.getMessage(), record.status) for record in heard] == [("said", line["status"])]


def test_a_frequent_line_below_the_level_is_not_written(written):
    assert written(lambda: frequent.info(log, "said", SAID), level="WARNING") == []


def test_a_frequent_line_that_cannot_be_written_is_left_to_the_handler(written, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    def work():
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            frequent.info(log, "said", SAID)

    (line,) = written(work)

    assert line["event"] == "said"


def test_a_frequent_line_that_is_no_text_does_not_stop_the_work(written):
    assert written(lambda: frequent.info(log, "said", {"agent": "\ud800"})) == []
