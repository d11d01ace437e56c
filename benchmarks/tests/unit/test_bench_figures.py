"""The arithmetic of the benchmarks: samples, ratios, limits, and the scale of a plot."""

import pytest

from benchmarks import figures, plots, results


def sample(*, count=100.0, seconds=2.0, cpu=0.5):
    return figures.Sample(count=count, seconds=seconds, cpu=cpu)


def test_a_sample_tells_rate_cost_and_what_a_core_would_do():
    found = sample()

    assert (found.rate, found.cpu_ms, found.per_core) == (50.0, 5.0, 200.0)


def test_a_ratio_compares_within_each_round_and_takes_the_median():
    found = figures.ratio([10, 90, 30], [10, 30, 20])

    assert (found.value, found.low, found.high) == (1.5, 1.0, 3.0)


def test_a_ratio_of_rounds_without_partners_is_an_error():
    with pytest.raises(ValueError, match="zip"):
        figures.ratio([1, 2], [1])


@pytest.mark.parametrize(("percent", "expected"), [(50, 3.0), (75, 4.0), (99, 4.96)])
def test_percentiles_are_interpolated_between_the_values(percent, expected):
    assert figures.percentile([1, 2, 3, 4, 5], percent) == pytest.approx(expected)


def test_the_percentile_of_one_value_is_that_value():
    assert figures.percentile([7.0], 99) == 7.0


def test_more_is_better_where_the_target_is_a_least_value():
    limit = figures.limit({"target": ">= 0.6", "floor": 0.3}, quick=False)

    assert [limit.is_reached(value) for value in (0.59, 0.6)] == [False, True]
    assert [limit.is_kept(value) for value in (0.29, 0.3)] == [False, True]


def test_less_is_better_where_the_target_is_a_greatest_value():
    limit = figures.limit({"target": "<= 1.5", "floor": 2}, quick=False)

    assert [limit.is_reached(value) for value in (1.5, 1.51)] == [True, False]
    assert [limit.is_kept(value) for value in (2, 2.01)] == [True, False]


def test_the_quick_form_has_its_own_floor_or_else_the_usual_one():
    line = {"target": ">= 0.6", "floor": 0.3}

    assert figures.limit(line | {"quick": 0.2}, quick=True).floor == 0.2
    assert figures.limit(line | {"quick": 0.2}, quick=False).floor == 0.3
    assert figures.limit(line, quick=True).floor == 0.3


def test_without_a_floor_nothing_breaks():
    assert figures.limit({"target": ">= 10"}, quick=False).is_kept(0)


@pytest.mark.parametrize("line", [{"target": "0.6"}, {"target": "> 0.6"}, {"target": ">= 0.6", "floor": 0.7}])
def test_a_target_that_is_none_or_laxer_than_its_floor_is_refused(line):
    with pytest.raises(ValueError, match="target"):
        figures.limit(line, quick=False)


def test_every_line_of_the_floors_is_one():
    for lines in results.floors().values():
        for line in lines.values():
            figures.limit(line, quick=False)
            figures.limit(line, quick=True)


@pytest.mark.parametrize(("value", "expected"), [(0.3, 0.5), (1, 1), (1.1, 2), (2.2, 2.5), (7, 10), (1100, 2000)])
def test_a_scale_ends_with_a_round_number(value, expected):
    assert plots.nice(value) == pytest.approx(expected)


def test_a_plot_has_a_line_and_a_name_for_each_series(tmp_path):
    plots.lines(tmp_path / "new" / "a.svg", title="a < b", ticks=["1", "2"], series={"one": [1, 2], "two": [2, 2]})

    drawn = (tmp_path / "new" / "a.svg").read_text()
    assert drawn.count("<polyline") == 2
    assert ">one<" in drawn
    assert ">two<" in drawn
    assert "a &lt; b" in drawn
