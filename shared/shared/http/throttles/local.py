"""The net under the buckets: the same limits kept by this process alone, while Valkey does not answer."""

import threading
import time
from collections import OrderedDict

_LARGEST = 10_000  # buckets; the longest untouched goes first

_lock = threading.Lock()
_arrivals: OrderedDict[str, float] = OrderedDict()


def charge(names: list[str], costs: list[tuple[float, int]]) -> list[tuple[float, float]]:
    """Charge one request to all buckets or to none, as the script in Valkey does.

    Args:
        names: of the buckets.
        costs: of each: seconds for one request, and how many may come at once.

    Returns:
        For each the seconds to wait (0: there was room) and the seconds until it is as good as new.
    """
    with _lock:
        now = time.monotonic()
        arrivals = [max(_arrivals.get(name, now), now) for name in names]
        waits = [
            max(0.0, arrival + interval - now - interval * burst)
            for arrival, (interval, burst) in zip(arrivals, costs, strict=True)
        ]
        waits = [wait if wait > 1e-6 else 0.0 for wait in waits]  # noqa: PLR2004 (what floating point may be off by)
        if not any(waits):
            arrivals = [arrival + interval for arrival, (interval, _) in zip(arrivals, costs, strict=True)]
            _keep(names, arrivals)
        return [(wait, arrival - now) for wait, arrival in zip(waits, arrivals, strict=True)]


def forget() -> None:
    """Forget every bucket; for tests."""
    _arrivals.clear()


def _keep(names: list[str], arrivals: list[float]) -> None:
    """Store arrival times within the bound."""
    for name, arrival in zip(names, arrivals, strict=True):
        _arrivals[name] = arrival
        _arrivals.move_to_end(name)
    while len(_arrivals) > _LARGEST:
        _arrivals.popitem(last=False)
