"""Importing and exporting products, against COPY into and out of the same indexed table."""

from collections.abc import Callable
from typing import Any

from benchmarks import figures
from benchmarks.figures import Sample
from benchmarks.results import Section, number
from benchmarks.rooms import inside
from benchmarks.stage import Stage
from benchmarks.turns import in_turn

NAME = "files"
STORES = ("postgres", "rabbitmq", "valkey")
_QUICK_COUNT, _FEW = 100_000, 10_000


def measure(stage: Stage) -> Section:
    """Measure imports in turn, then exports in turn."""
    stage.migrate("catalog")
    section = Section(name=NAME, title="Import and export")
    count = _QUICK_COUNT if stage.quick else stage.rows
    folder, peaks = str(stage.scratch), dict[str, float]()
    with inside(stage, "catalog", "files") as catalog:
        catalog("written", count=count, path=folder)
    into = {
        "import": _alone(stage, peaks, "imported", empty=True, path=f"{folder}/products.csv"),
        "COPY into the same table": _alone(stage, peaks, "copied", empty=True, count=count, path=folder),
    }
    samples = in_turn(into, rounds=min(stage.rounds, 2), warm_up=False)
    out = {
        "export": _alone(stage, peaks, "exported", count=count),
        "COPY of the same rows": _alone(stage, peaks, "copied_out", count=count),
    }
    samples |= in_turn(out, rounds=stage.rounds)
    _small(stage, peaks, folder)
    section.contenders(samples, unit="rows")
    _ratios(section, {name: [each.rate for each in taken] for name, taken in samples.items()}, peaks)
    section.notes.append(
        f"{count:,} products. COPY has the same triggers, indexes and stock entries; it checks no row and cannot go on"
        f" after an interruption. Peaks of memory: import {number(peaks['imported'])} MiB, export"
        f" {number(peaks['exported'])} MiB; a hundredth of the rows: {number(peaks['exported, few'])} MiB."
    )
    return section


def _ratios(section: Section, rates: dict[str, list[float]], peaks: dict[str, float]) -> None:
    section.ratio("import / COPY", figures.ratio(rates["import"], rates["COPY into the same table"]))
    section.ratio("import, peak memory, MiB", peaks["imported"])
    section.ratio("export / COPY TO", figures.ratio(rates["export"], rates["COPY of the same rows"]))
    section.ratio("export, peak memory / of a few rows", peaks["exported"] / peaks["exported, few"])


def _alone(
    stage: Stage, peaks: dict[str, float], function: str, *, empty: bool = False, **arguments: Any
) -> Callable[[], Sample]:
    """Return what calls a function in a new process, and notes the greatest peak of its memory."""

    def called() -> Sample:
        with inside(stage, "catalog", "files") as catalog:
            if empty:
                catalog("emptied")
            found = catalog(function, **arguments)
        peaks[function] = max(peaks.get(function, 0), found["peak"])
        return Sample(count=found["count"], seconds=found["seconds"], cpu=found["cpu"])

    return called


def _small(stage: Stage, peaks: dict[str, float], folder: str) -> None:
    """Note the peak of an export of few rows."""
    with inside(stage, "catalog", "files") as catalog:
        catalog("emptied")
        catalog("written", count=_FEW, path=folder)
        catalog("copied", count=_FEW, path=folder)
    with inside(stage, "catalog", "files") as catalog:
        peaks["exported, few"] = catalog("exported", count=_FEW)["peak"]
