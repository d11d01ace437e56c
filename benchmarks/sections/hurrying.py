"""Commit to handled: an event by outbox, woken relay and worker, against a task that is sent after the commit."""

from contextlib import ExitStack
from pathlib import Path

from benchmarks import figures, plots
from benchmarks.results import Section, number
from benchmarks.rooms import inside
from benchmarks.sections.handling import noop
from benchmarks.stage import Stage
from benchmarks.turns import say

NAME = "hurrying"
STORES = ("postgres", "rabbitmq", "valkey")
_PAUSE = 0.02  # seconds between two commits: idle
_OURS, _THEIRS = "outbox, relay, worker", "send_task after commit"


def measure(stage: Stage) -> Section:
    """Measure both in turn."""
    stage.migrate("catalog")
    section = Section(name=NAME, title="From commit to handled")
    count = 50 if stage.quick else 200
    taken: dict[str, list[list[float]]] = {_OURS: [], _THEIRS: []}
    with ExitStack() as running:
        catalog = running.enter_context(inside(stage, "catalog", "hurrying"))
        catalog("prepared")
        running.enter_context(noop(stage, "catalog", "1"))
        for kind in ("worker", "relay"):
            running.enter_context(stage.background("catalog", kind, WORKER_PROCESSES="1"))
        for number_of_round in range(stage.rounds + 1):
            for name, function in ((_OURS, "ours"), (_THEIRS, "task")):
                times = catalog(function, count=count if number_of_round else 20, pause=_PAUSE)
                say(f"    round {number_of_round}  {name:<44}{figures.percentile(times, 50):>10.1f} ms")
                if number_of_round:
                    taken[name].append(times)
    _told(section, taken)
    return section


def _told(section: Section, taken: dict[str, list[list[float]]]) -> None:
    medians = {name: [figures.percentile(times, 50) for times in rounds] for name, rounds in taken.items()}
    section.heads = ["milliseconds", "p50", "p90", "p99"]
    for name, rounds in taken.items():
        every = [one for times in rounds for one in times]
        section.rows.append([name, *(number(figures.percentile(every, percent)) for percent in (50, 90, 99))])
    section.ratio("commit to handled, p50 / send_task after commit", figures.ratio(medians[_OURS], medians[_THEIRS]))
    nineties = [figures.percentile(times, 99) for times in taken[_OURS]]
    section.ratio("commit to handled, p99, ms", figures.figure(nineties))
    section.notes.append(
        "An event every 20 ms, one child each. It begins when the commit has returned, before the hint or the sending,"
        " and ends with the beginning of the handler's transaction. What is sent after the commit is lost with the"
        " process that should have sent it; an event is not."
    )


def draw(section: Section, folder: Path) -> None:
    """Draw the percentiles."""
    rows = [(row[0], [float(cell.replace(",", "")) for cell in row[1:]]) for row in section.rows]
    plots.lines(folder / "hurrying.svg", title="commit to handled, ms", ticks=section.heads[1:], series=dict(rows))
    section.plots = {"hurrying.svg": "Milliseconds from commit to handled, by percentile"}
