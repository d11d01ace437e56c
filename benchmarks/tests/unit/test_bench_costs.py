"""The gate of CI: what the hot paths cost beside what they usually cost."""

import pytest

from benchmarks import figures, results
from benchmarks.sections import costs

USUAL = {"catalog": {"detail": {"calls": 1000, "statements": 2, "pages": 60, "cpu": 5.0}}}


def told(**changes):
    section = results.Section(name="costs", title="Costs")
    costs.tell(section, {"catalog": {"detail": USUAL["catalog"]["detail"] | changes}}, USUAL)
    return section


def broken(section):
    section.ratio("deliberate slowdowns that nobody noticed", 0)
    verdicts = results.verdicts([section], results.floors(), quick=True)
    return [each.name.partition(" / ")[0] for each in verdicts if not each.kept]


def test_what_costs_as_much_as_usual_passes():
    assert broken(told()) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"calls": 2000}, ["functions called"]),
        ({"statements": 4}, ["SQL statements"]),
        ({"pages": 1000}, ["pages touched"]),
        ({"cpu": 15.5}, ["yardsticks of CPU"]),
    ],
)
def test_twice_the_calls_or_statements_a_scan_or_more_than_thrice_the_computing_breaks_the_build(change, expected):
    assert broken(told(**change)) == expected


def test_little_more_than_usual_does_not():
    assert broken(told(calls=1400, pages=180, cpu=14.5)) == []


def test_the_table_tells_what_was_found_beside_what_is_usual():
    assert told(calls=1200).rows == [["detail", "1,200, 1,000", "2, 2", "60, 60", "5, 5"]]


def test_a_few_more_pages_or_microseconds_than_nearly_none_are_no_regression():
    usual = {"calls": 98, "statements": 0, "pages": 2, "cpu": 0.06}

    found = costs.times({"calls": 98, "statements": 0, "pages": 40, "cpu": 0.09}, usual)

    assert max(found.values()) == pytest.approx(1)


def test_a_path_that_is_not_measured_any_more_is_an_error():
    section = results.Section(name="costs", title="Costs")

    with pytest.raises(KeyError, match="detail"):
        costs.tell(section, {"catalog": {}}, USUAL)


def test_every_path_has_all_figures_and_every_slowdown_a_path():
    usual = costs.usual()

    assert {frozenset(line) for lines in usual.values() for line in lines.values()} == {frozenset(costs.FIGURES)}
    for service, path, figure in costs.PROOFS.values():
        assert figure in usual[service][path]


@pytest.mark.parametrize("head", [costs.FIGURES["calls"], costs.FIGURES["statements"]])
def test_what_is_counted_has_a_limit_below_twice_the_usual(head):
    limit = figures.limit(results.floors()["costs"][f"{head} / usual, the most on any path"], quick=True)

    assert not limit.is_kept(2)
