"""The arithmetic of measuring: samples, medians with their spread, ratios of pairs, limits. Pure; nothing is run."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

AT_LEAST, AT_MOST = ">=", "<="


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What one contender did in one round."""

    count: float
    seconds: float
    cpu: float = 0.0
    """Seconds that the measured processes computed; 0 where that says nothing."""

    @property
    def rate(self) -> float:
        """How many a second of the clock."""
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of CPU for one."""
        return 1000 * self.cpu / self.count

    @property
    def per_core(self) -> float:
        """How many a second of CPU: what a core that does nothing else would do."""
        return self.count / self.cpu


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A median, and between which values it lies."""

    value: float
    low: float
    high: float


def figure(values: Sequence[float]) -> Figure:
    """Return the median of some values with the least and the greatest of them."""
    return Figure(value=statistics.median(values), low=min(values), high=max(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Return how many times as much ours is, as the median over rounds: both of a round met the same weather."""
    return figure([one / other for one, other in zip(ours, theirs, strict=True)])


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile by linear interpolation, the least and greatest value included (Hyndman and Fan, type 7)."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a ratio should reach, and what it must not fall behind.

    Args:
        bound: whether more (`>=`) or less (`<=`) is better.
        target: what is aimed at.
        floor: what breaks the build, looser than the target; None only tells.
    """

    bound: str
    target: float
    floor: float | None

    def is_reached(self, value: float) -> bool:
        """Return whether a value is as good as the target."""
        return self._holds(value, self.target)

    def is_kept(self, value: float) -> bool:
        """Return whether a value is no worse than the floor."""
        return self.floor is None or self._holds(value, self.floor)

    def _holds(self, value: float, limit: float) -> bool:
        return value >= limit if self.bound == AT_LEAST else value <= limit


def limit(written: Mapping[str, Any], *, quick: bool) -> Limit:
    """Return a limit as `floors.toml` writes it: `target = ">= 0.6"`, `floor = 0.3`, `quick = 0.2`.

    Raises:
        ValueError: the target is none, or the floor is stricter than it.
    """
    bound, _, text = str(written["target"]).partition(" ")
    floor = written.get("quick", written.get("floor")) if quick else written.get("floor")
    if bound not in {AT_LEAST, AT_MOST}:
        raise ValueError(f"not a target: {written['target']!r}")
    found = Limit(bound=bound, target=float(text), floor=floor)
    if not found.is_kept(found.target):
        raise ValueError(f"the floor {floor} is stricter than the target {written['target']}")
    return found
