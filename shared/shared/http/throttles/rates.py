"""Rates as people write them: 5/min. Nothing of Django here, so that settings can read them."""

import re
from dataclasses import dataclass
from functools import lru_cache

OFF = "off"
_PERIODS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_RATE = re.compile(r"([0-9]{1,9})/(s|min|h|d)\Z")


@dataclass(frozen=True)
class Rate:
    """So many requests in so many seconds."""

    count: int
    seconds: int

    @property
    def interval(self) -> float:
        """Return the seconds that one request costs."""
        return self.seconds / self.count

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Return the rate in a text like "5/min"; raises ValueError."""
        found = _RATE.match(text)
        if not found or int(found[1]) == 0:
            raise ValueError(f"{text!r} is no rate; write for example 5/min (s, min, h or d)")
        return cls(int(found[1]), _PERIODS[found[2]])


@lru_cache(maxsize=64)
def limit(text: str) -> Rate | None:
    """Return the rate in a text, or None for "off"; raises ValueError."""
    return None if text == OFF else Rate.parse(text)
