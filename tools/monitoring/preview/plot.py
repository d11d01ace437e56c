"""The lines of a panel as SVG: axes with units and times, a dashed limit; colours are the page's c0 to c11."""

import dataclasses
import datetime as dt
import html
from collections.abc import Sequence

from tools.monitoring.preview import units

WIDTH, HEIGHT = 480, 220
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 12, 26
COLOURS = 12
FAR = 3.0
"""A limit so many times above everything is only named: drawn, it would press the lines to the floor."""

Point = tuple[float, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """A series: its name in the legend, and its points (Unix time, value) in their order; without NaN."""

    name: str
    points: Sequence[Point]

    @property
    def last(self) -> float:
        """Return the latest value."""
        return self.points[-1][1]

    @property
    def most(self) -> float:
        """Return the highest value."""
        return max(value for _, value in self.points)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Frame:
    """What all lines of a panel share."""

    start: float
    end: float
    step: float
    """Seconds between two points; where more are missing the line is broken."""
    unit: str
    limit: float | None

    def x(self, at: float) -> float:
        """Return the place of a time."""
        return LEFT + (at - self.start) / (self.end - self.start) * (WIDTH - LEFT - RIGHT)


def draw(*, lines: Sequence[Line], frame: Frame, title: str) -> str:
    """Return a picture of lines.

    Args:
        lines: at least one.
        frame: times, unit and limit.
        title: for those who do not see it.
    """
    highest = max((value for line in lines for _, value in line.points), default=0.0)
    near = frame.limit is not None and frame.limit <= max(highest, 0.0001) * FAR
    steps = units.ticks(max(highest, frame.limit or 0.0) if near else highest, unit=frame.unit)
    floor = HEIGHT - BOTTOM

    def y(value: float) -> float:
        return floor - min(max(value / steps[-1], -0.02), 1.0) * (floor - TOP)

    drawn = [_across(y(each), units.say(each, unit=frame.unit)) for each in steps] + _times(frame)
    if frame.limit is not None:
        drawn.append(_limit(y(frame.limit) if near else None, units.say(frame.limit, unit=frame.unit)))
    for number, line in enumerate(lines):
        path = _path([[(frame.x(at), y(value)) for at, value in run] for run in _runs(line.points, frame.step)])
        drawn.append(f'<path class="l" style="stroke:var(--c{number % COLOURS})" d="{path}"/>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(title)}">{"".join(drawn)}</svg>'


def spark(*, line: Line, frame: Frame) -> str:
    """Return the course of one number as a small area without axes."""
    values = [0.0, *(value for _, value in line.points)]
    low = min(values)
    whole = max(values) - low or 1.0
    places = [
        ((at - frame.start) / (frame.end - frame.start) * 100, 30 - (value - low) / whole * 28)
        for at, value in line.points
    ]
    corners = (
        f"M{places[0][0]:.1f},30 " + " ".join(f"L{x:.1f},{y:.1f}" for x, y in places) + f" L{places[-1][0]:.1f},30 Z"
    )
    size = 'viewBox="0 0 100 30" preserveAspectRatio="none"'
    return f'<svg class="spark" {size} aria-hidden="true"><path d="{corners}"/></svg>'


def _runs(points: Sequence[Point], step: float) -> list[list[Point]]:
    """Return the points as runs without a gap."""
    runs: list[list[Point]] = []
    for point in points:
        if runs and point[0] - runs[-1][-1][0] <= 1.5 * step:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def _path(runs: Sequence[Sequence[Point]]) -> str:
    """Return the runs as a path; a single point is a short dash, or nobody would see it."""
    said = []
    for run in runs:
        wide = run if len(run) > 1 else [(run[0][0] - 1, run[0][1]), (run[0][0] + 1, run[0][1])]
        said.append("M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in wide))
    return " ".join(said)


def _across(y: float, text: str) -> str:
    return (
        f'<line class="g" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{html.escape(text)}</text>'
    )


def _times(frame: Frame) -> list[str]:
    """Return some round times of day below the axis."""
    said = []
    for at in units.clock_ticks(frame.start, frame.end):
        clock = f"{dt.datetime.fromtimestamp(at, tz=dt.UTC):{'%H:%M' if at % 60 == 0 else '%H:%M:%S'}}"
        said.append(f'<text x="{frame.x(at):.1f}" y="{HEIGHT - 7}" text-anchor="middle">{clock}</text>')
    return said


def _limit(y: float | None, text: str) -> str:
    if y is None:
        return f'<text class="t" x="{WIDTH - RIGHT}" y="{TOP - 2}" text-anchor="end">limit {html.escape(text)}</text>'
    return f'<line class="t" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
