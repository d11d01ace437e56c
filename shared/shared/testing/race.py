"""Races with real threads and real transactions."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

Result = TypeVar("Result")


def together(count: int, act: Callable[[int], Result]) -> "list[Result | Exception]":
    """Call `act(0..count-1)` in as many threads at the same moment; returns results, or the exceptions, in order."""
    barrier = threading.Barrier(count)

    def run(number: int) -> "Result | Exception":
        try:
            barrier.wait(timeout=30)
            return act(number)
        except Exception as error:  # noqa: BLE001 (a result like any other)
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
