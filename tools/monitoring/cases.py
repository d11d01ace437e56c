"""The promtool tests of the burn-rate alerts, made from the promises.

Stories of each promise: a steady speed a little above that of each pair of windows, half the budget, trouble that is
over (the short windows are clean), and trouble that has only begun (the long ones are).
"""

import dataclasses
from pathlib import Path
from typing import Any

from tools.monitoring import burn, rules, sources

FILE = Path("tests/monitoring/promtool/slo.yaml")
_MORE = 1.1  # times the speed at which an alert fires
_REQUESTS = 100_000  # in each minute
_STEADY = 180  # minutes: a pair has fired long before, whose windows then hold what there is


@dataclasses.dataclass(frozen=True, kw_only=True)
class Story:
    """What happens: for so many minutes so many times the budget, one after the other; which pairs fire at the end."""

    name: str
    course: tuple[tuple[int, float], ...]
    firing: tuple[float, ...]

    @property
    def minutes(self) -> int:
        """Return how long it takes."""
        return sum(minutes for minutes, _ in self.course)


def stories() -> list[Story]:
    """Return the stories that every promise is told."""
    steady = [
        Story(
            name=f"a little above {burnt.factor:g} times the budget",
            course=((_STEADY, burnt.factor * _MORE),),
            firing=tuple(each.factor for each in burn.BURNS if each.factor <= burnt.factor),
        )
        for burnt in burn.BURNS
    ]
    healthy = Story(name="half the budget", course=((_STEADY, 0.5),), firing=())
    over = Story(name="trouble that is over", course=((60, 0), (30, 40), (45, 0)), firing=(3, 1))
    begun = Story(name="trouble that has only begun", course=((420, 0), (10, 20)), firing=())
    return [*steady, healthy, over, begun]


def files(promises: sources.Promises, alerts: sources.Alerts) -> dict[Path, str]:
    """Return the generated file of tests by path."""
    content = {
        "rule_files": ["../../../k8s/monitoring/rules/slo.yaml"],
        "evaluation_interval": "5m",
        "group_eval_order": [group["name"] for group in rules.slo_groups(promises, alerts)],
        "tests": [_test(promises.slos, story) for story in stories()],
    }
    return {FILE: rules.dump(content)}


def _test(slos: tuple[sources.Slo, ...], story: Story) -> dict[str, Any]:
    """Return a story that all promises go through at once; promtool evaluates every rule in each test."""
    firing = [each for each in burn.BURNS if each.factor in story.firing]
    return {
        "name": story.name,
        "interval": "1m",
        "input_series": [series for slo in slos for series in _series(slo, story)],
        "promql_expr_test": [
            {
                "expr": f'ALERTS{{slo="{slo.name}",alertstate="firing"}}',
                "eval_time": f"{story.minutes}m",
                "exp_samples": [{"labels": _alert(slo, each), "value": 1} for each in firing],
            }
            for slo in slos
        ],
    }


def _alert(slo: sources.Slo, pair: burn.Burn) -> str:
    name, service = burn.alert_name(slo, pair), slo.service or slo.name
    labels = f'alertname="{name}",alertstate="firing",burn="{pair.factor:g}",service="{service}"'
    return f'ALERTS{{{labels},severity="{pair.severity}",slo="{slo.name}"}}'


def _series(slo: sources.Slo, story: Story) -> list[dict[str, str]]:
    """Return two counters: what went wrong and what did not, or all and what of it was fast enough."""
    if slo.ratio:
        bad, rest = (_labelled(slo, each) for each in (slo.ratio.example.bad, slo.ratio.example.good))
        return [_counter(bad, slo, story, bad=1), _counter(rest, slo, story, all_of=1, bad=-1)]
    if slo.latency:
        name, example = slo.latency.histogram, slo.latency.example
        every = _labelled(slo, f"{name}_count{{{example}}}")
        bound = ",".join(filter(None, [example, f'le="{float(slo.latency.seconds)}"']))
        fast = _labelled(slo, f"{name}_bucket{{{bound}}}")
        return [_counter(every, slo, story, all_of=1), _counter(fast, slo, story, all_of=1, bad=-1)]
    raise sources.SourceInvalid(f"{slo.name} is not measured")


def _labelled(slo: sources.Slo, series: str) -> str:
    """Return a series of a service that only this promise's story is about."""
    if slo.service:
        return series
    head, _, labels = series.rstrip("}").partition("{")
    every = [labels, f'service="{slo.name}"']
    return f"{head}{{{','.join(filter(None, every))}}}"


def _counter(series: str, slo: sources.Slo, story: Story, *, all_of: int = 0, bad: int = 0) -> dict[str, str]:
    """Return a counter that grows each minute by so many times all and so many times what went wrong then."""
    value, parts = 0, ["0"]
    for minutes, speed in story.course:
        step = all_of * _REQUESTS + bad * round(_REQUESTS * slo.budget * speed)
        parts.append(f"{value + step}+{step}x{minutes - 1}")
        value += step * minutes
    return {"series": series, "values": " ".join(parts)}
