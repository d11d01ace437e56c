"""Promises as rules: how fast each spends its budget, and the alerts when that is too fast.

Windows and factors are those of the Google SRE workbook, chapter 5 (https://sre.google/workbook/alerting-on-slos/):
a long window says that it matters, a short one that it still goes on.
"""

import dataclasses
from typing import Any

from tools.monitoring.sources import Latency, Slo, SourceInvalid

#: Evaluated often; the longer windows move slowly and cost more.
SHORT, LONG = ("5m", "30m", "1h"), ("2h", "6h", "1d", "3d")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Burn:
    """One pair of windows."""

    factor: float
    long: str
    short: str
    severity: str
    lasts: str

    @property
    def speed(self) -> str:
        """Return the end of the alert's name."""
        return "Fast" if self.severity == "page" else "Slow"


BURNS = (
    Burn(factor=14.4, long="1h", short="5m", severity="page", lasts="2m"),
    Burn(factor=6, long="6h", short="30m", severity="page", lasts="5m"),
    Burn(factor=3, long="1d", short="2h", severity="ticket", lasts="15m"),
    Burn(factor=1, long="3d", short="6h", severity="ticket", lasts="30m"),
)


def alert_name(slo: Slo, burn: Burn) -> str:
    """Return the name that a promise's alert has; two pairs of windows share it."""
    return f"{slo.alert}Burns{burn.speed}"


def record(window: str) -> str:
    """Return the name of the recorded share of what went wrong within a window."""
    return f"slo:errors:ratio_rate{window}"


def ratio(slo: Slo, window: str) -> str:
    """Return the PromQL of that share; it has no value while nothing happens.

    Args:
        slo: the promise.
        window: over which, as Prometheus writes it.
    """
    if slo.ratio:
        total = _rate(slo, slo.ratio.total, window)
        # A code that was never answered has no series: none of it went wrong then.
        return f"({_rate(slo, slo.ratio.bad, window)} or 0 * {total}) / {total}"
    if slo.latency:
        fast, total = (_rate(slo, each, window) for each in _histogram(slo.latency))
        return f"1 - {fast} / {total}"
    raise SourceInvalid(f"{slo.name} is not measured")


def _histogram(latency: Latency) -> tuple[str, str]:
    """Return the selectors of what was fast enough and of all; Python's exposition writes a bound as a float."""
    bound = f'le="{float(latency.seconds)}"'
    some = ",".join(filter(None, [latency.labels, bound]))
    every = f"{{{latency.labels}}}" if latency.labels else ""
    return f"{latency.histogram}_bucket{{{some}}}", f"{latency.histogram}_count{every}"


def _rate(slo: Slo, selector: str, window: str) -> str:
    by = "" if slo.service else " by (service)"
    return f"sum{by} (rate({selector}[{window}]))"


def groups(slos: tuple[Slo, ...], *, runbooks: str) -> list[dict[str, Any]]:
    """Return the groups of rules of all promises.

    Args:
        slos: the promises.
        runbooks: the address of the folder of runbooks.
    """
    found: list[dict[str, Any]] = []
    for slo in slos:
        found += [
            {"name": f"slo-{slo.name}-now", "interval": "30s", "rules": [_recording(slo, each) for each in SHORT]},
            {"name": f"slo-{slo.name}-days", "interval": "2m", "rules": [_recording(slo, each) for each in LONG]},
            {"name": f"slo-{slo.name}-alerts", "interval": "30s", "rules": [_alert(slo, b, runbooks) for b in BURNS]},
        ]
    return found


def _recording(slo: Slo, window: str) -> dict[str, Any]:
    labels = {"slo": slo.name, **({"service": slo.service} if slo.service else {})}
    return {"record": record(window), "expr": ratio(slo, window), "labels": labels}


def _alert(slo: Slo, burn: Burn, runbooks: str) -> dict[str, Any]:
    limit = f"{burn.factor:g} * {slo.budget:g}"
    over = [f'{record(window)}{{slo="{slo.name}"}} > {limit}' for window in (burn.long, burn.short)]
    name = alert_name(slo, burn)
    share = "{{ $value | humanizePercentage }}"
    return {
        "alert": name,
        "expr": " and ".join(over),
        "for": burn.lasts,
        "labels": {"severity": burn.severity, "burn": f"{burn.factor:g}"},
        "annotations": {
            "summary": f"{slo.title}: {{{{ $labels.service }}}} spends its budget {burn.factor:g} times too fast",
            "description": f"{slo.description} {share} went wrong in the last {burn.long}, and it goes on.",
            "runbook_url": f"{runbooks}{name}.md",
        },
    }
