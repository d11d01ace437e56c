"""Verdicts about what was measured, and the document that tells them."""

import pytest

from benchmarks import figures, markdown, results

FLOORS = {"reads": {"hot / bare": {"target": ">= 0.6", "floor": 0.3}, "list / bare": {"target": ">= 0.5"}}}


def section(**ratios):
    found = results.Section(name="reads", title="Reads")
    for name, value in ratios.items():
        found.ratio(name.replace("_", " / "), value)
    return found


def verdict(value):
    return results.verdicts([section(hot_bare=value)], FLOORS, quick=False)[0]


@pytest.mark.parametrize(
    ("value", "reached", "kept", "word"),
    [(0.7, True, True, "reached"), (0.4, False, True, "not reached"), (0.2, False, False, "under its floor")],
)
def test_a_ratio_is_told_beside_target_and_floor(value, reached, kept, word):
    found = verdict(value)

    assert (found.reached, found.kept) == (reached, kept)
    assert markdown.line(found).endswith(word)


def test_in_the_quick_form_only_what_is_under_its_floor_in_every_round_breaks_the_build():
    found = section()
    found.ratio("hot / bare", figures.Figure(value=0.2, low=0.1, high=0.31))

    assert not results.verdicts([found], FLOORS, quick=False)[0].kept
    assert results.verdicts([found], FLOORS, quick=True)[0].kept


def test_where_less_is_better_the_least_of_the_rounds_counts_in_the_quick_form():
    floors = {"reads": {"25 / 3": {"target": "<= 1.5", "floor": 2}}}
    found = section()
    found.ratio("25 / 3", figures.Figure(value=3, low=1.9, high=9))

    assert results.verdicts([found], floors, quick=True)[0].kept
    found.ratio("25 / 3", figures.Figure(value=3, low=2.1, high=9))
    assert not results.verdicts([found], floors, quick=True)[0].kept


def test_a_ratio_without_a_line_in_the_floors_is_an_error():
    with pytest.raises(results.UnknownRatio, match="new / bare"):
        results.verdicts([section(new_bare=1.0)], FLOORS, quick=False)


def test_what_has_a_target_and_was_not_measured_is_told():
    assert results.missing([section(hot_bare=1.0)], FLOORS) == [("reads", "list / bare", ">= 0.5")]


def test_a_table_has_a_row_for_each_contender_with_medians_and_spread():
    found = results.Section(name="reads", title="Reads")
    taken = [figures.Sample(count=count, seconds=1, cpu=0.5) for count in (1000, 3000, 2000)]

    found.contenders({"ours": taken}, unit="requests")

    assert found.heads == ["", "requests/s", "least to greatest", "CPU ms", "requests/s of CPU"]
    assert found.rows == [["ours", "2,000", "1,000 to 3,000", "0.25", "4,000"]]


def test_where_no_cpu_was_measured_the_table_says_nothing_about_it():
    found = results.Section(name="reads", title="Reads")

    found.contenders({"ours": [figures.Sample(count=10, seconds=1)]}, unit="requests")

    assert found.rows == [["ours", "10", "10 to 10", "", ""]]


@pytest.mark.parametrize(
    ("value", "expected"), [(12345.6, "12,346"), (123.4, "123"), (12.34, "12.3"), (0.01234, "0.0123"), (0, "0")]
)
def test_numbers_have_three_digits(value, expected):
    assert results.number(value) == expected


def test_the_document_tells_machine_verdicts_gaps_and_details():
    told = section(hot_bare=figures.Figure(value=0.2, low=0.1, high=0.3))
    told.heads, told.rows, told.notes, told.plots = ["", "a|b"], [["one", "1"]], ["So it is."], {"x.svg": "A line"}

    document = markdown.document(
        machine={"CPU": "two cores"},
        verdicts=results.verdicts([told], FLOORS, quick=False),
        missing=[("reads", "list / bare", ">= 0.5")],
        sections=[told],
    )

    assert "| CPU | two cores |" in document
    assert "| hot / bare | **0.2** (0.1 to 0.3) | >= 0.6 | 0.3 | **under its floor** |" in document
    assert "| list / bare |  | >= 0.5 |  | not measured |" in document
    assert "## Reads" in document
    assert "|  | a\\|b |" in document
    assert "![A line](plots/x.svg)" in document
    assert document.endswith("So it is.\n")
