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
    assert seen["histories"] > EXAMPLES // 2
    assert seen["handled"] > seen["histories"]


ENDS = {
    "completed": lambda machine: machine.the_oldest_arrive(count=1),
    "cancelled by_customer": lambda machine: machine.somebody_cancels(order=0, who="customer", fault=None),
    "cancelled by_staff": lambda machine: machine.somebody_cancels(order=0, who="staff", fault=None),
    "cancelled timeout": lambda machine: machine.the_clock_ticks(order=0, what="time_out", fault=None),
    "cancelled user_inactive": lambda machine: machine.somebody_leaves(buyer=0),
    "cancelled insufficient_stock": lambda machine: machine.staff_changes_a_product(product=0, change=("restock", 0)),
    "cancelled unknown_product": lambda machine: machine.staff_changes_a_product(
        product=0, change=("put_on_sale", False)
    ),
    "cancelled insufficient_funds": lambda machine: machine.staff_changes_a_product(
        product=0, change=("reprice", "3.00")
    ),
    "duplicate": lambda machine: machine.a_message_comes_twice(number=0),
    "lost": lambda machine: machine.a_message_is_lost(number=0),
    **{
        f"{how} {point}": lambda machine, how=how, point=point: machine.any_arrives_with_an_accident(
            number=0, fault={"how": how, "at": point}
        )
        for how in ("dies", "disconnects")
        for point in POINTS
    },
}


@pytest.mark.parametrize("end", ENDS)
def test_the_rules_lead_to_every_end(plaza, end):
    """What no rule can bring about, no number of histories would ever try."""
    machine = histories_of(plaza, Counter())()
    machine.the_shop_opens(moneys=["4.00", "0.00"], shelves=[(9, "2.00"), (9, "2.00")], baskets=[[(0, 2)]])

    ENDS[end](machine)
    machine.teardown()

    assert machine.seen[end] == 1
