"""The figures of a run: percentiles, availability, and what each fault did to the clients. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.chaos.history import Attempt
from tools.chaos.schedule import Strike
from tools.chaos.watch import Sample

RECOVERY_LIMIT = 60.0
ALERTING_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Struck:
    """A strike that happened: when it began and when it was healed, in seconds of the monotonic clock."""

    strike: Strike
    began: float
    healed: float
    missed: str = ""
    """Why it met nothing; empty when it struck."""


@dataclass(frozen=True, kw_only=True)
class Impact:
    """What one fault did: seconds until it was noticed, in which clients saw errors, until all was well again."""

    struck: Struck
    detection: float | None
    outage: float
    recovery: float | None


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """How the clients fared."""

    attempts: int
    failed: int
    calm_p50: float | None
    calm_p99: float | None
    struck_p50: float | None
    struck_p99: float | None

    @property
    def availability(self) -> float:
        """Return the percentage of requests that were answered as they should."""
        return 100.0 * (self.attempts - self.failed) / self.attempts if self.attempts else 0.0


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that at least this share of the values does not exceed; None without values."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def traffic(*, attempts: Sequence[Attempt], struck: Sequence[Struck], grace: float = 1.0) -> Traffic:
    """Sum the attempts up, those that met a fault apart from the others.

    Args:
        attempts: every request on the wire.
        struck: the faults.
        grace: seconds after a fault's end that still belong to it.

    """
    spans = [(one.began, one.healed + grace) for one in struck if not one.missed]
    calm: list[float] = []
    met: list[float] = []
    for each in attempts:
        hit = any(each.at < end and each.at + each.seconds > begin for begin, end in spans)
        (met if hit else calm).append(each.seconds)
    return Traffic(
        attempts=len(attempts),
        failed=sum(each.failed for each in attempts),
        calm_p50=percentile(calm, 0.5),
        calm_p99=percentile(calm, 0.99),
        struck_p50=percentile(met, 0.5),
        struck_p99=percentile(met, 0.99),
    )


def impacts(*, struck: Sequence[Struck], attempts: Sequence[Attempt], samples: Sequence[Sample]) -> list[Impact]:
    """Return what each fault did, as far as one can tell them apart: errors count for every fault that is on."""
    failures = sorted(each.at + each.seconds for each in attempts if each.failed)
    return [_impact(one, failures, samples) for one in struck if not one.missed]


def _impact(one: Struck, failures: Iterable[float], samples: Sequence[Sample]) -> Impact:
    well_at = next((sample.at for sample in samples if sample.at >= one.healed and sample.well), None)
    end = well_at if well_at is not None else one.healed + RECOVERY_LIMIT
    errors = [at for at in failures if one.began <= at <= end]
    signs = (
        errors[:1]
        + [
            sample.at
            for sample in samples
            if one.began <= sample.at <= end and (sample.unready or sample.unseen or sample.oldest >= ALERTING_SECONDS)
        ][:1]
    )
    return Impact(
        struck=one,
        detection=min(signs) - one.began if signs else None,
        outage=errors[-1] - errors[0] if errors else 0.0,
        recovery=None if well_at is None else well_at - one.healed,
    )
