"""Searching and filtering a million products: `benchmarks.search` on databases of ten thousand and of a million."""

from collections.abc import Mapping, Sequence

from benchmarks import figures, search
from benchmarks.results import Section, number
from benchmarks.stage import Stage
from benchmarks.turns import say

NAME = "searching"
STORES = ("postgres",)
_PAIRS = {
    "deep page by price": "by price",
    "deep page, newest": "newest",
    "deep page by name": "by name",
}


def measure(stage: Stage) -> Section:
    """Measure every kind of query at both sizes."""
    section = Section(name=NAME, title="Searches and filters")
    few, many = search.SIZES if not stage.quick else (search.SIZES[0], search.SIZES[0] * 2)
    small, large = (_measured(stage, size) for size in (few, many))
    section.heads = ["milliseconds, warm", f"{few:,}: p50", "p95", f"{many:,}: p50", "p95", "p50, times"]
    ratios = {}
    for name, times in large.items():
        ratios[name] = figures.percentile(times, 50) / figures.percentile(small[name], 50)
        cells = [figures.percentile(each, percent) for each in (small[name], times) for percent in (50, 95)]
        section.rows.append([name, *map(number, cells), number(ratios[name])])
    _note(section, large, ratios)
    return section


def _note(section: Section, large: Mapping[str, Sequence[float]], ratios: Mapping[str, float]) -> None:
    slowest = max(large, key=lambda name: figures.percentile(large[name], 95))
    most = max(ratios, key=lambda name: ratios[name])
    deep = [figures.percentile(large[one], 50) / figures.percentile(large[other], 50) for one, other in _PAIRS.items()]
    section.ratio("slowest kind of query at 1 M products, p95, ms", figures.percentile(large[slowest], 95))
    section.ratio("1 M products / 10 k, p50, the most", ratios[most])
    section.ratio("deep page / first page, p50, the most", max(deep))
    section.notes.append(
        f"Slowest: {slowest}. Grew most: {most}. Through the code that answers the API, one at a time."
    )


def _measured(stage: Stage, size: int) -> dict[str, list[float]]:
    """Measure one size on a database of its own."""
    say(f"    {size:,} products")
    return search.in_process(search.database(stage.stores.maintenance_url, size))
