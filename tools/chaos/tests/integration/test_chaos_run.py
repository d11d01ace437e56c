"""Whole runs: the system keeps its promises while everything strikes, and the checker sees one that does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


@pytest.fixture
def chaos(tmp_path):
    """Run `python -m tools.chaos` with a run directory of its own; returns the finished process."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "tools.chaos", *arguments],
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "120", "PLAZA_RUN_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.timeout(900)
def test_every_promise_is_kept_while_every_kind_of_fault_strikes(chaos, tmp_path):
    done = chaos("--seconds", "50", "--seed", "25", "--customers", "60", "--rate", "6", "--rest", "300")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "every promise was kept" in done.stdout
    for family in ("F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F12"):
        assert f"s  {family} " in done.stdout
    assert "F12 handler that dies" in done.stdout
    assert not (tmp_path / "chaos").exists()


@pytest.mark.timeout(400)
def test_the_checker_sees_that_events_are_handled_twice(chaos, tmp_path):
    done = chaos("--seconds", "12", "--seed", "5", "--customers", "20", "--rest", "20", "--mutant", "no_inbox")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "P5 handled once" in done.stdout
    assert "make chaos SECONDS=12 SEED=5 MUTANT=no_inbox" in done.stdout
    kept = tmp_path / "chaos" / "seed-5-no_inbox"
    assert {"schedule.json", "story.txt", "violations.json", "logs"} <= {each.name for each in kept.iterdir()}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--seconds", "5"), "must be a number from 10 to 86400"),
        (("--seed", "x"), "must be a whole number"),
        (("--mutant", "no_brakes"), "invalid choice: 'no_brakes'"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_starts(chaos, arguments, complaint):
    done = chaos(*arguments)

    assert done.returncode == 2
    assert complaint in done.stderr
