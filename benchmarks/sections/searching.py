"""Searching and filtering a million products: `benchmarks.search` on databases of ten thousand and of a million."""

from collections.abc import Mapping

from benchmarks import figures, search
from benchmarks.results import Section, number
from benchmarks.stage import Stage
from benchmarks.turns import say

NAME = "searching"
_WHERE = (
    " Where the CPU of a phrase of two common words goes (EXPLAIN, perf; of 13 ms): the sample of the newest 3,000"
    " takes 2.3, planning two statements 1.7, Python 1.6; the rest looks the words up, half of it in the index and"
    " half in products that have both apart. Of a common word in a category: some 3,000 of its products are read to"
    " find 300, nearly each in a page of its own. No statement is dear enough for JIT or parallel workers, no"
    " document is stored outside its row. Tried in vain: several periods in one condition (the index is read for"
    " each), a condition for each word (15 % less of the looking up)."
)
STORES = ("postgres",)
_SLOWEST = "slowest kind of query at 1 M products, p95, ms"
_PAIRS = {
    "deep page by price": "by price",
    "deep page, newest": "newest",
    "deep page by name": "by name",
}


def measure(stage: Stage) -> Section:
    """Measure every kind of query at both sizes."""
    section = Section(name=NAME, title="Searches and filters")
    few, many = search.SIZES if not stage.quick else (search.SIZES[0], search.SIZES[0] * 2)
    say(f"    {few:,} and {many:,} products")
    small, large = search.in_turn([search.database(stage.stores.maintenance_url, size) for size in (few, many)])
    section.heads = ["milliseconds of CPU, warm", f"{few:,}: p50", "p95", f"{many:,}: p50", "p95", "p50, times"]
    section.heads += [f"{many:,} by the clock: p50", "p95"]
    ratios = {}
    for name, times in large.items():
        fewer = small[name][search.CPU]
        ratios[name] = figures.percentile(times[search.CPU], 50) / figures.percentile(fewer, 50)
        cells = [figures.percentile(each, percent) for each in (fewer, times[search.CPU]) for percent in (50, 95)]
        cells += [ratios[name], *(figures.percentile(times[search.CLOCK], percent) for percent in (50, 95))]
        section.rows.append([name, *map(number, cells)])
    _note(section, large, ratios)
    return section


def _note(section: Section, large: Mapping[str, search.Times], ratios: Mapping[str, float]) -> None:
    slowest = max(large, key=lambda name: _p95(large[name], search.CPU))
    most = max(ratios, key=lambda name: ratios[name])
    middle = {name: figures.percentile(times[search.CPU], 50) for name, times in large.items()}
    section.ratio(_SLOWEST, _p95(large[slowest], search.CPU))
    section.ratio(f"{_SLOWEST} by the clock", max(_p95(times, search.CLOCK) for times in large.values()))
    section.ratio("1 M products / 10 k, p50, the most", ratios[most])
    section.ratio(
        "deep page / first page, p50, the most", max(middle[deep] / middle[first] for deep, first in _PAIRS.items())
    )
    section.notes.append(
        f"Slowest: {slowest}. Grew most: {most}. All in turn, through the code that answers the API, one at a time; the"
        " CPU is that of its process and of the one of PostgreSQL that serves it: what the clock shows where nothing"
        " else runs."
        f"{_WHERE}"
    )


def _p95(times: search.Times, which: str) -> float:
    return figures.percentile(times[which], 95)
