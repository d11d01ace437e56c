"""What a section of the benchmarks found, and what becomes of it: tables, ratios with their limits, the verdict."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import figures

FLOORS = Path(__file__).parent / "floors.toml"

Samples = Mapping[str, Sequence[figures.Sample]]


class UnknownRatio(KeyError):
    """A ratio was measured for which floors.toml has no line: nobody would notice when it fell."""


@dataclass(kw_only=True)
class Section:
    """One group of measurements. Plain values only: it is kept as JSON."""

    name: str
    title: str
    heads: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    ratios: dict[str, list[float]] = field(default_factory=dict)
    """Median, least and greatest by the name that floors.toml gives it."""
    notes: list[str] = field(default_factory=list)
    plots: dict[str, str] = field(default_factory=dict)
    """Caption by file name."""
    measured: str = ""
    """The day, ISO 8601, and how busy the machine was."""

    def ratio(self, name: str, found: figures.Figure | float) -> None:
        """Note a ratio, or another figure that has a limit."""
        if not isinstance(found, figures.Figure):
            found = figures.Figure(value=found, low=found, high=found)
        self.ratios[name] = [found.value, found.low, found.high]

    def contenders(self, samples: Samples, *, unit: str) -> None:
        """Write the table of what ran in turn: rates by the clock, CPU of each, and how many a core would do."""
        self.heads = ["", f"{unit}/s", "least to greatest", "CPU ms", f"{unit}/s of CPU"]
        for name, taken in samples.items():
            rate = figures.figure([each.rate for each in taken])
            row = [name, number(rate.value), f"{number(rate.low)} to {number(rate.high)}", "", ""]
            if all(each.cpu for each in taken):
                row[3] = number(figures.figure([each.cpu_ms for each in taken]).value)
                row[4] = number(figures.figure([each.per_core for each in taken]).value)
            self.rows.append(row)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One ratio beside its limit."""

    section: str
    name: str
    target: str
    floor: float | None
    value: float
    low: float
    high: float
    reached: bool
    kept: bool


def floors(path: Path = FLOORS) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what floors.toml says, by section and ratio."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def verdicts(
    sections: Iterable[Section], written: Mapping[str, Mapping[str, Mapping[str, Any]]], *, quick: bool
) -> list[Verdict]:
    """Return every ratio beside its limit; raises UnknownRatio.

    In the quick form a floor is broken when every round is under it: what slows one round is the machine, what slows
    all of them is the code.
    """
    return [
        _verdict(section.name, name, values, written, quick=quick)
        for section in sections
        for name, values in section.ratios.items()
    ]


def _verdict(section: str, name: str, values: Sequence[float], written: Mapping[str, Any], *, quick: bool) -> Verdict:
    try:
        line = written[section][name]
    except KeyError as missing:
        raise UnknownRatio(f"floors.toml: no [{section}] {name!r}") from missing
    found = figures.limit(line, quick=quick)
    value, low, high = values
    best = high if found.bound == figures.AT_LEAST else low
    return Verdict(
        section=section,
        name=name,
        target=line["target"],
        floor=found.floor,
        value=value,
        low=low,
        high=high,
        reached=found.is_reached(value),
        kept=found.is_kept(best if quick else value),
    )


def missing(
    sections: Iterable[Section], written: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> list[tuple[str, str, str]]:
    """Return section, name and target of what has a limit but was not measured."""
    known = {(section.name, name) for section in sections for name in section.ratios}
    return [
        (section, name, line["target"])
        for section, lines in written.items()
        for name, line in lines.items()
        if (section, name) not in known
    ]


def number(value: float) -> str:
    """Write a number with three significant digits, thousands apart."""
    if abs(value) >= 1000:  # noqa: PLR2004 (a thousand)
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 (three digits)
