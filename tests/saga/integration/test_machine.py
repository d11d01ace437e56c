"""However messages, people, clock and accidents interleave: every order comes to its end, and no promise breaks."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from machine import POINTS, histories_of

EXAMPLES = int(os.environ.get("SAGA_EXAMPLES", "60"))
STEPS = int(os.environ.get("SAGA_STEPS", "40"))
SECONDS_PER_EXAMPLE = 10
#: Every run of this many histories has met all of these, whatever its seed; without them it would prove little.
ENOUGH = 40
MET = (
    *("handled", "duplicate", "lost", "completed", "cancelled by_customer", "cancelled by_staff", "cancelled timeout"),
    *(f"dies {point}" for point in POINTS),
)


def present_seed() -> int:
    """Return the seed: SAGA_SEED, or one that is made from the commit.

    So a commit has its own histories, every run of it the same ones, and each new commit explores others: a red run
    can be repeated by whoever sees it, and a green one does not mean that the same few paths are walked for ever.
    """
    if given := os.environ.get("SAGA_SEED"):
        return int(given)
    if (git := shutil.which("git")) is None:
        return 0
    asked = [git, "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return int(commit[:8] or "0", 16)


@pytest.mark.timeout(60 + EXAMPLES * SECONDS_PER_EXAMPLE)
def test_every_history_keeps_every_promise(plaza, capsys):
    seen, number = Counter(), present_seed()
    profile = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )

    with capsys.disabled():
        sys.stdout.write(f" [SAGA_SEED={number}] ")
    run_state_machine_as_test(seed(number)(histories_of(plaza, seen)), settings=profile)

    with capsys.disabled():
        sys.stdout.write(", ".join(f"{count} {what}" for what, count in sorted(seen.items())) + " ")
    missed = [what for what in MET if not seen[what]]
    assert EXAMPLES < ENOUGH or not missed
