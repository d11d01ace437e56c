"""Small plots as SVG by hand: lines over named ticks. They carry their own background, for dark and light pages."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

_WIDTH, _HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 180, 36, 36
_COLOURS = ("#0b62a4", "#d1552c", "#2f8f4e", "#7a4fa3", "#8a6d1a")
_FONT = 'font-family="system-ui, sans-serif" font-size="12" fill="#222"'


def lines(path: Path, *, title: str, ticks: Sequence[str], series: Mapping[str, Sequence[float]]) -> None:
    """Write a plot with a line for each series; the scale begins at nought.

    Args:
        path: the file; its folder is made.
        title: what is drawn, with its unit.
        ticks: names of the points from left to right.
        series: a value for each tick, by name.
    """
    top = nice(max(value for values in series.values() for value in values))
    parts = [_frame(title, top), *(_tick(position, len(ticks), name) for position, name in enumerate(ticks))]
    heights = _labels([values[-1] for values in series.values()], top)
    for number, (name, values) in enumerate(series.items()):
        parts.append(_line(values, top, _COLOURS[number % len(_COLOURS)], name, heights[number]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>{"".join(parts)}</svg>\n',
        encoding="utf-8",
    )


def nice(value: float) -> float:
    """Return the least of 1, 2, 2.5, 5, 10 times a power of ten that is not below a value."""
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next((step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value), 10 * power)


def _x(position: int, count: int) -> float:
    return _LEFT + 24 + position * (_WIDTH - _LEFT - _RIGHT - 48) / max(count - 1, 1)


def _y(value: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _TOP - _BOTTOM)


def _frame(title: str, top: float) -> str:
    parts = [f'<text x="{_LEFT}" y="20" {_FONT} font-weight="bold">{escape(title)}</text>']
    for quarter in range(5):
        value = top * quarter / 4
        y = _y(value, top)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" {_FONT} text-anchor="end">{value:,.4g}</text>')
    return "".join(parts)


def _tick(position: int, count: int, name: str) -> str:
    x = _x(position, count)
    return f'<text x="{x:.1f}" y="{_HEIGHT - 14}" {_FONT} text-anchor="middle">{escape(name)}</text>'


def _labels(values: Sequence[float], top: float) -> list[float]:
    """Return where the names at the right stand: beside their lines' ends, no two over each other."""
    heights = [0.0] * len(values)
    last = 0.0
    for number in sorted(range(len(values)), key=lambda each: -values[each]):
        last = heights[number] = max(_y(values[number], top) + 4, last + 15)
    return heights


def _line(values: Sequence[float], top: float, colour: str, name: str, label_y: float) -> str:
    points = [(_x(position, len(values)), _y(value, top)) for position, value in enumerate(values)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points)
    text = f'<text x="{_WIDTH - _RIGHT + 8}" y="{label_y:.1f}" {_FONT} style="fill:{colour}">{escape(name)}</text>'
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}{text}'
