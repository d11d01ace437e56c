"""Numbers as Grafana's units say them, and the round numbers of an axis."""

import math

_KIBI = 1024
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB")
_LENGTHS = (86_400, 3600, 60)
_CLOCK = (10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
"""Seconds between two times of an axis."""
_RATES = {"ops": "/s", "reqps": "/s"}


def say(value: float, *, unit: str) -> str:
    """Return a number with its unit.

    Args:
        value: in the base of the unit: seconds, bytes, a share of 1.
        unit: Grafana's name of it: s, bytes, percentunit, ops, reqps or short.
    """
    if unit == "s":
        return _seconds(value)
    if unit == "bytes":
        power = min(int(math.log(abs(value), 1024)) if abs(value) >= 1 else 0, len(_BYTES) - 1)
        return f"{_short(value / 1024**power)} {_BYTES[power]}"
    if unit == "percentunit":
        return f"{_short(100 * value)} %"
    return _short(value) + _RATES.get(unit, "")


def ticks(highest: float, *, unit: str = "short") -> list[float]:
    """Return from three to six numbers from 0 to at least the highest, round in their unit."""
    if highest <= 0:
        return [0.0, 0.5, 1.0]
    if unit == "bytes" and highest >= _KIBI:
        return [each * _KIBI for each in ticks(highest / _KIBI, unit=unit)]
    if unit == "s" and highest >= _LENGTHS[-1]:
        length = next(each for each in _LENGTHS if highest >= each)
        return [each * length for each in ticks(highest / length)]
    rough = highest / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= rough * 0.999)
    return [number * step for number in range(math.ceil(highest / step - 0.001) + 1)]


def clock_ticks(start: float, end: float) -> list[int]:
    """Return from two to seven round times (seconds since 1970) between two."""
    least = (end - start) / 6
    step = next((each for each in _CLOCK if each >= least), math.ceil(least / _CLOCK[-1]) * _CLOCK[-1])
    return list(range(math.ceil(start / step) * step, math.floor(end) + 1, step))


def _seconds(value: float) -> str:
    size = abs(value)
    if size == 0:
        return "0 s"
    if size < 1:
        return f"{_short(1000 * value)} ms"
    for limit, length, name in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if size < limit:
            return f"{_short(value / length)} {name}"
    return f"{_short(value / 86_400)} d"


def _short(value: float) -> str:
    """Return three digits, thousands as k, millions as M."""
    for limit, name in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            return f"{value / (1e3 if name == 'k' else limit):.3g}{name}"
    if value == round(value):
        return f"{value:.0f}"
    return f"{value:.3g}"
