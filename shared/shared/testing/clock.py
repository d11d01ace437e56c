"""A clock that a test moves itself, in place of a module's `time`: nothing grows old because the machine is busy."""

import time


class Clock:
    """Stands still until it is told to go on.

    Attributes:
        now: seconds that only grow, as of `time.monotonic`; whole ones at first, so that differences are exact.
    """

    def __init__(self) -> None:
        self.now = float(int(time.monotonic()))

    def monotonic(self) -> float:
        """Return the seconds on the clock."""
        return self.now

    def perf_counter(self) -> float:
        """Return seconds as measured: what something took is no test's business."""
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass, at once."""
        self.now += seconds
