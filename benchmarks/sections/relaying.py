"""The relay, against plain publishing of the same messages that reads and marks nothing."""

from collections.abc import Callable

from benchmarks import figures
from benchmarks.figures import Sample
from benchmarks.results import Section
from benchmarks.rooms import Inside, inside
from benchmarks.stage import Stage
from benchmarks.turns import in_turn

NAME = "relaying"
STORES = ("postgres", "rabbitmq", "valkey")
_RELAY, _SINGLE, _PIPELINED = "relay", "one by one", "pipelined"


def measure(stage: Stage) -> Section:
    """Measure all three in turn."""
    stage.migrate("catalog")
    section = Section(name=NAME, title="The relay")
    count = 2000 if stage.quick else 10_000
    with inside(stage, "catalog", "relaying") as catalog:
        contenders = {kind: _publishing(catalog, kind, count) for kind in (_RELAY, _SINGLE, _PIPELINED)}
        samples = in_turn(contenders, rounds=stage.rounds, warm_up=not stage.quick)
        catalog("filled", count=1)
    section.contenders(samples, unit="events")
    rates = {name: [each.rate for each in taken] for name, taken in samples.items()}
    section.ratio("relay / confirmed one by one", figures.ratio(rates[_RELAY], rates[_SINGLE]))
    section.ratio("relay / pipelined publish", figures.ratio(rates[_RELAY], rates[_PIPELINED]))
    section.notes.append(
        "The relay reads rows, publishes them in batches of 500 and marks what was confirmed; the others only publish"
        " messages that are ready. All are persistent, mandatory, to a quorum queue. The CPU is that of the publisher."
    )
    return section


def _publishing(catalog: Inside, kind: str, count: int) -> Callable[[], Sample]:
    def measured() -> Sample:
        catalog("filled", count=count)
        found = catalog("run", kind=kind)
        return Sample(count=found["count"], seconds=found["seconds"], cpu=found["cpu"])

    return measured
