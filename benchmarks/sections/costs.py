"""What the hot paths cost in figures that a busy machine does not bend: counts, and CPU against a yardstick.

The gate of CI. It also lets deliberate slowdowns loose on the paths and sees that each is noticed.
"""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from benchmarks.results import Section, number
from benchmarks.rooms import Inside, inside
from benchmarks.sections import reads
from benchmarks.stage import Stage
from benchmarks.turns import say

NAME = "costs"
STORES = ("postgres", "rabbitmq", "valkey")
USUAL = Path(__file__).parent.parent / "costs.toml"
FIGURES = {
    "calls": "functions called",
    "statements": "SQL statements",
    "pages": "pages touched",
    "cpu": "yardsticks of CPU",
}
_ROUNDS = 10
_LEAST = {"calls": 1, "statements": 1, "pages": 50, "cpu": 0.1}  # less than this is nothing that could be doubled
_BETTER = 0.7
# What slowdowns of benchmarks/inside/mutants.py are let loose on, and what must tell: counts, which leave nothing to
# chance. That CPU tells too shows `make bench QUICK=1 MUTANT=spinning`.
PROOFS = {
    "thrice": ("catalog", "uncached detail", "statements"),
    "unkept": ("catalog", "hot detail", "calls"),
    "scanning": ("catalog", "uncached detail", "pages"),
    "chatty": ("orders", "own order", "statements"),
}
MUTANTS = {**{mutant: service for mutant, (service, *_) in PROOFS.items()}, "spinning": "catalog"}
_NOTICED = 1.5

Costs = Mapping[str, float]
Paths = Mapping[str, Costs]


def usual(path: Path = USUAL) -> dict[str, dict[str, dict[str, float]]]:
    """Return what costs.toml says, by service and path."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def times(found: Costs, expected: Costs) -> dict[str, float]:
    """Return how many times as much as usual something costs, by figure."""
    return {name: found[name] / max(expected[name], _LEAST[name]) for name in FIGURES}


def measure(stage: Stage) -> Section:
    """Measure every path of every service that has some, then the slowdowns."""
    expected = usual()
    stage.migrate(*expected)
    reads.loaded(stage)
    section = Section(name=NAME, title="What the hot paths cost")
    with ExitStack() as running:
        rooms = {name: running.enter_context(inside(stage, name, "costs", DATABASE_POOL_MAX="1")) for name in expected}
        found = {
            name: room("measured", rounds=_ROUNDS, mutant=stage.mutant if MUTANTS.get(stage.mutant) == name else "")
            for name, room in rooms.items()
        }
        tell(section, found, expected)
        unnoticed = [] if stage.mutant else list(_unnoticed(rooms, expected))
    section.ratio("deliberate slowdowns that nobody noticed", len(unnoticed))
    section.notes.append(
        "Counted in one process per service, without a server: these figures are nearly the same on an idle and on an"
        " overloaded machine. CPU is that of the path's thread, the least of rounds in turn with a yardstick. Let loose"
        f" afterwards and noticed: {', '.join(name for name in PROOFS if name not in unnoticed)}."
    )
    return section


def tell(section: Section, found: Mapping[str, Paths], expected: Mapping[str, Paths]) -> None:
    """Write the table, and the greatest multiple of what is usual as the ratio of each figure.

    Raises:
        KeyError: a path has no line in costs.toml, or a line has no path.
    """
    section.heads = ["", *(f"{head}, usual" for head in FIGURES.values())]
    most = dict.fromkeys(FIGURES, 0.0)
    for service, path in [(name, each) for name in found for each in {**found[name], **expected[name]}]:
        costs, before = found[service][path], expected[service][path]
        cells = [f"{number(costs[name])}, {number(before[name])}" for name in FIGURES]
        section.rows.append([path, *cells])
        multiples = times(costs, before)
        say(f"    {path:<36}{'  '.join(f'{cell:>16}' for cell in cells)}{_word(multiples)}")
        most = {name: max(most[name], multiples[name]) for name in FIGURES}
    for name, head in FIGURES.items():
        section.ratio(f"{head} / usual, the most on any path", most[name])


def _word(multiples: Mapping[str, float]) -> str:
    """Return what a developer should look at."""
    more = [name for name, value in multiples.items() if value > _NOTICED]
    less = multiples["calls"] < _BETTER  # which leaves nothing to chance: costs.toml should know
    return f"  MORE {', '.join(more)}" if more else "  less" if less else ""


def _unnoticed(rooms: Mapping[str, Inside], expected: Mapping[str, Paths]) -> Iterator[str]:
    """Yield each slowdown that its path's figure does not tell."""
    for mutant, (service, path, figure) in PROOFS.items():
        found = rooms[service]("measured", rounds=_ROUNDS, mutant=mutant, only=path)[path]
        multiple = times(found, expected[service][path])[figure]
        say(f"    {f'slowed down: {mutant}':<36}{path}: {figure} {number(multiple)} times as usual")
        if multiple <= _NOTICED:
            yield mutant
