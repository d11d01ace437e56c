"""Measuring in turn: A B A B …, after a warm-up of each; the same weather for all, and a line of progress for each."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext

from benchmarks.figures import Sample

Contender = Callable[[], Sample]


def in_turn(
    contenders: Mapping[str, Contender],
    *,
    rounds: int,
    warm_up: bool = True,
    beside: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> dict[str, list[Sample]]:
    """Return the samples of each contender, one for each round.

    Args:
        contenders: what measures one of them once, by name.
        rounds: how often.
        warm_up: run each once before, and forget it.
        beside: runs around each measurement.
    """
    taken: dict[str, list[Sample]] = {name: [] for name in contenders}
    for number in range(0 if warm_up else 1, rounds + 1):
        for name, measure in contenders.items():
            with beside():
                sample = measure()
            if number:
                taken[name].append(sample)
            cpu = f"{sample.cpu_ms:8.3f} ms CPU" if sample.cpu else ""
            say(f"    {f'round {number}' if number else 'warm-up':8} {name:<44}{sample.rate:>10,.0f}/s {cpu}")
    return taken


def say(text: str) -> None:
    """Show one line of progress."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
