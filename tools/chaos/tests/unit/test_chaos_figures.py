"""Percentiles, availability and the impact of a fault."""

from typing import Any

import pytest

from tools.chaos import figures
from tools.chaos.history import Attempt
from tools.chaos.schedule import Strike
from tools.chaos.watch import Sample

STRIKE = Strike(at=10, seconds=5, family="F3", name="stop broker", target="rabbitmq", seed=1)


def attempt(at: float, seconds: float = 0.1, status: int = 202) -> Attempt:
    return Attempt(at=at, seconds=seconds, method="POST", path="/api/v2/orders/", status=status)


def sample(at: float, **facts: Any) -> Sample:
    well: dict[str, Any] = {"unready": (), "unseen": (), "oldest": 0.0, "unsent": 0, "retrying": 0, "unsettled": 0}
    return Sample(at=at, **well | facts)


def struck(began: float = 10.0, healed: float = 15.0, missed: str = "") -> figures.Struck:
    return figures.Struck(strike=STRIKE, began=began, healed=healed, missed=missed)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([3.0], 0.99, 3.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0),
        ([4.0, 1.0, 3.0, 2.0], 0.75, 3.0),
        (list(range(1, 101)), 0.99, 99),
        (list(range(1, 102)), 0.99, 100),
        ([1.0, 2.0], 0.0, 1.0),
        ([1.0, 2.0], 1.0, 2.0),
    ],
)
def test_percentiles_are_values_that_occurred(values, share, expected):
    assert figures.percentile(values, share) == expected


def test_no_answer_and_5xx_count_as_failed_and_refusals_do_not():
    seen = [attempt(1), attempt(2, status=409), attempt(3, status=503), attempt(4, status=0), attempt(5, status=500)]

    found = figures.traffic(attempts=seen, struck=[])

    assert (found.attempts, found.failed) == (5, 3)
    assert found.availability == pytest.approx(40.0)


def test_nothing_asked_is_no_availability():
    assert figures.traffic(attempts=[], struck=[]).availability == 0.0


def test_latencies_that_met_a_fault_are_apart_from_the_others():
    seen = [attempt(5, 0.1), attempt(9, 2.0), attempt(12, 3.0), attempt(15.5, 4.0), attempt(17, 0.2)]

    found = figures.traffic(attempts=seen, struck=[struck()])

    assert (found.calm_p50, found.calm_p99) == (0.1, 0.2)
    assert (found.struck_p50, found.struck_p99) == (3.0, 4.0)


def test_a_fault_that_met_nothing_is_none():
    seen = [attempt(12, 3.0)]

    assert figures.traffic(attempts=seen, struck=[struck(missed="down already")]).struck_p50 is None
    assert figures.impacts(struck=[struck(missed="down already")], attempts=seen, samples=[]) == []


def test_detection_outage_and_recovery_of_a_fault():
    seen = [
        attempt(9, 0.5, 503),
        attempt(11, 1.0, 503),
        attempt(13, 1.0, 0),
        attempt(16, 1.0, 503),
        attempt(40, 1, 503),
    ]
    samples = [sample(9), sample(12.5, unready=("rabbitmq",)), sample(15.5, oldest=4.0), sample(18), sample(19)]

    (found,) = figures.impacts(struck=[struck()], attempts=seen, samples=samples)

    assert found.detection == pytest.approx(2.0)
    assert found.outage == pytest.approx(5.0)
    assert found.recovery == pytest.approx(3.0)


def test_an_old_outbox_is_a_sign_too():
    samples = [sample(11), sample(12, oldest=2.5), sample(16)]

    (found,) = figures.impacts(struck=[struck()], attempts=[], samples=samples)

    assert (found.detection, found.outage, found.recovery) == (2.0, 0.0, 1.0)


def test_a_system_that_never_gets_well_has_no_recovery():
    (found,) = figures.impacts(struck=[struck()], attempts=[], samples=[sample(16, unready=("orders.web",))])

    assert found.recovery is None


def test_a_sample_says_what_still_moves():
    moving = sample(1, unready=("orders.web",), unseen=("users",), unsent=3, retrying=2, unsettled=1)

    assert moving.restless == (
        "not ready: orders.web; no answer from the database of users; 3 events unsent; "
        "2 events waiting for a retry; 1 orders not settled"
    )
    assert sample(1).restless == ""
