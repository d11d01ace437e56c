"""One at a time makes an answer that is not there; the others wait for it, but not for long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE = 0.5  # seconds; whoever has waited so long makes the answer itself


class Flights:
    """Who is making which answer in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._landed: dict[str, threading.Event] = {}

    @contextmanager
    def turn(self, key: str) -> Iterator[bool]:
        """Yield True to the one that is to make the answer; to others False, once that one is done or too slow."""
        with self._lock:
            landed = self._landed.get(key)
            mine = landed is None
            if landed is None:
                landed = self._landed[key] = threading.Event()
        if not mine:
            landed.wait(_PATIENCE)
        try:
            yield mine
        finally:
            if mine:
                with self._lock:
                    del self._landed[key]
                landed.set()
