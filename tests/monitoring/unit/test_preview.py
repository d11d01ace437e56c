"""How the preview draws: numbers with units, axes, gaps, limits, legends."""

import itertools
import math
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.monitoring import asking, live
from tools.monitoring.preview import __main__ as preview
from tools.monitoring.preview import page, plot, units

FRAME = plot.Frame(start=1000, end=1100, step=10, unit="s", limit=None)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0, "s", "0 s"),
        (0.0042, "s", "4.2 ms"),
        (59.5, "s", "59.5 s"),
        (1800, "s", "30 min"),
        (7200, "s", "2 h"),
        (7_776_000, "s", "90 d"),
        (0.999, "percentunit", "99.9 %"),
        (-0.5, "percentunit", "-50 %"),
        (0, "bytes", "0 B"),
        (1536, "bytes", "1.5 KiB"),
        (3 * 1024**2, "bytes", "3 MiB"),
        (0.125, "ops", "0.125/s"),
        (12_345, "short", "12.3k"),
        (2_500_000, "short", "2.5M"),
        (7, "short", "7"),
    ],
)
def test_numbers_have_their_units(value, unit, said):
    assert units.say(value, unit=unit) == said


@given(st.floats(min_value=1e-9, max_value=1e12))
def test_an_axis_has_a_few_even_steps_and_reaches_the_highest(highest):
    ticks = units.ticks(highest)

    assert 3 <= len(ticks) <= 6
    assert ticks[0] == 0
    assert ticks[-1] >= highest * 0.998
    assert ticks[-1] <= highest * 2.6
    assert all(math.isclose(two - one, ticks[1], rel_tol=1e-6) for one, two in itertools.pairwise(ticks))


def test_an_axis_of_bytes_is_round_in_bytes():
    assert [units.say(each, unit="bytes") for each in units.ticks(123 * 1024**2, unit="bytes")] == [
        *("0 B", "50 MiB", "100 MiB", "150 MiB"),
    ]


@pytest.mark.parametrize(
    ("highest", "said"),
    [
        (2400, ["0 s", "10 min", "20 min", "30 min", "40 min"]),
        (116, ["0 s", "30 s", "60 s", "90 s", "2 min"]),
        (93_600, ["0 s", "12 h", "24 h", "36 h"]),
    ],
)
def test_an_axis_of_time_is_round_in_time(highest, said):
    assert [units.say(each, unit="s") for each in units.ticks(highest, unit="s")] == said


@given(st.integers(min_value=10**9, max_value=2 * 10**9), st.integers(min_value=60, max_value=30 * 86_400))
def test_times_of_an_axis_are_round_inside_and_few(start, seconds):
    times = units.clock_ticks(start, start + seconds)

    assert 2 <= len(times) <= 7
    assert start <= times[0] < times[-1] <= start + seconds
    assert all(at % (times[1] - times[0]) == 0 for at in times)


def test_a_quarter_of_an_hour_is_read_at_fives():
    midnight = 1_600_041_600

    assert units.clock_ticks(midnight + 61, midnight + 961) == [midnight + 300, midnight + 600, midnight + 900]


def test_a_line_is_broken_where_points_are_missing():
    line = plot.Line(name="a", points=[(1000, 1), (1010, 1), (1050, 2), (1060, 2), (1100, 0)])

    drawn = plot.draw(lines=[line], frame=FRAME, title="T")

    (path,) = re.findall(r'<path class="l"[^>]* d="([^"]*)"', drawn)
    assert path.count("M") == 3


@pytest.mark.parametrize(("limit", "drawn", "said"), [(2, 1, 0), (3000, 0, 1), (None, 0, 0)])
def test_a_near_limit_is_drawn_and_a_far_one_only_named(limit, drawn, said):
    line = plot.Line(name="a", points=[(1000, 1), (1010, 1)])
    frame = plot.Frame(start=1000, end=1100, step=10, unit="s", limit=limit)

    picture = plot.draw(lines=[line], frame=frame, title="T")

    assert (picture.count('<line class="t"'), picture.count('<text class="t"')) == (drawn, said)


@pytest.mark.parametrize("values", [(0, 0), (5, 5), (-98, -98), (-1, 1)])
def test_the_course_of_any_number_stays_inside_of_its_picture(values):
    line = plot.Line(name="a", points=[(1000, values[0]), (1100, values[1])])

    drawn = plot.spark(line=line, frame=FRAME)

    places = [float(y) for y in re.findall(r",(-?[0-9.]+)", drawn)]
    assert len(places) == 4
    assert all(0 <= y <= 30 for y in places)


def test_a_series_is_called_as_its_legend_says():
    assert page.name_of(legend="{{service}} {{state}}", metric={"service": "users"}) == "users"
    assert page.name_of(legend="{{reason}}", metric={}) == "value"


class Answering(live.Prometheus):
    """Gives every expression one series, or none, and remembers what it was asked."""

    def __init__(self):
        self.asked, self.full = [], True
        self.values = [[1000, "1"], [1010, "NaN"], [1020, "+Inf"], [1030, "3"]]

    def since(self, expression, *, start, end, step):
        self.asked.append(expression)
        return [{"metric": {"service": "<b>"}, "values": self.values}] if self.full else []


@pytest.fixture
def answering():
    return Answering()


def drawn(root, prometheus):
    return page.draw(
        window=page.Window(
            prometheus=prometheus,
            start=1000,
            end=1100,
            step=10,
            interval="20s",
            root=root,
            folder=root / ".run",
        )
    )


def test_every_panel_of_every_dashboard_is_on_the_page(root, answering):
    text = drawn(root, answering)

    panels = [panel for board in asking.pages(root=root).values() for panel in asking.pictures(board)]
    assert text.count('<section class="panel">') == len(panels)
    assert text.count("<svg viewBox") == sum(panel["type"] == "timeseries" for panel in panels)
    assert answering.asked == [question.expression for question in asking.every(root=root, interval="20s")]
    assert "$" not in "".join(answering.asked)
    assert "Nothing to show" not in text


def test_the_page_needs_no_network_and_escapes_what_it_shows(root, answering):
    text = drawn(root, answering)

    assert re.findall(r'(?:src|href)="(?!#|data:|\.\./docs/runbooks/)[^"]*"', text) == []
    assert "&lt;b&gt;" in text
    assert "<b>1</b>" not in text
    assert "NaN" not in text


def test_what_is_over_is_named_by_its_most(root, answering):
    answering.values = [[1000, "5"], [1010, "1"]]

    assert '<b>1</b> <span class="most">most 5</span>' in drawn(root, answering)


class Targets(Answering):
    """Many targets, of which one is down."""

    def since(self, expression, *, start, end, step):
        names = [f"a{number:02}" for number in range(30)]
        found = [{"metric": {"job": name}, "values": [[1000, str(int(name != "a29"))]]} for name in names]
        return found if expression == "min by (job, process) (up)" else []


def test_of_many_lines_those_in_trouble_are_shown(root):
    text = drawn(root, Targets())

    assert "a29 <b>0</b>" in text
    assert f"and {30 - page.SHOWN} more" in text


def test_a_young_system_is_drawn_since_it_is_known(tmp_path, answering, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 5000)
    answering.values = [[4000, "1"], [5000, "1"]]

    known = preview.window(prometheus=answering, minutes=30, out=tmp_path / "page.html")
    answering.full = False
    unknown = preview.window(prometheus=answering, minutes=30, out=tmp_path / "page.html")

    assert (known.start, known.end, known.step) == (4000, 5000, 5)
    assert (unknown.start, unknown.end, unknown.step) == (3200, 5000, 7.5)


def test_its_runbooks_lie_where_the_links_lead(root, answering):
    links = set(re.findall(r'href="(\.\./[^"]*)"', drawn(root, answering)))

    assert links
    assert [link for link in links if not Path(root / ".run" / link).exists()] == []


def test_a_panel_without_data_says_so(root, answering):
    answering.full = False

    text = drawn(root, answering)

    assert text.count("Nothing to show.") == text.count('<section class="panel">')
