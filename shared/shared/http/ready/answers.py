"""The answers that a process keeps: as many as fit into a number of bytes; the longest unused goes first."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

Headers = list[tuple[str, str]]

_OVERHEAD = 2048  # bytes that an answer takes besides its body: key, headers, objects


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer as it was given.

    Attributes:
        generation: under which it was made.
        until: when it has served its time, on this process's clock.
        route: the template of its path.
        headers: those of every caller, without the two of the body.
        media_type: of the body.
        tag: its entity tag, if it has one.
        body: the bytes.
    """

    generation: str
    until: float
    route: str
    headers: Headers
    media_type: str
    tag: str
    body: bytes

    def holds(self, generation: str, now: float) -> bool:
        """Return whether it may be given in a generation at a moment."""
        return self.generation == generation and now < self.until


class Answers:
    """Answers by key, in bounded memory.

    Args:
        room: bytes in all.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._free = room
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Answer] = OrderedDict()

    def get(self, key: str) -> Answer | None:
        """Return what is kept under a key, whether it still holds or not."""
        with self._lock:
            answer = self._kept.get(key)
            if answer is not None:
                self._kept.move_to_end(key)
            return answer

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer in place of an older one, and drop what has no room any more."""
        with self._lock:
            self._drop(key)
            self._kept[key] = answer
            self._free -= _size(key, answer)
            while self._free < 0:
                self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._kept.clear()
            self._free = self._room

    @property
    def size(self) -> int:
        """Return the bytes in use."""
        return self._room - self._free

    def _drop(self, key: str) -> None:
        """Take out one answer, if it is there."""
        answer = self._kept.pop(key, None)
        if answer is not None:
            self._free += _size(key, answer)


def _size(key: str, answer: Answer) -> int:
    """Return the bytes that an answer is counted as."""
    return _OVERHEAD + 2 * len(key) + len(answer.body)
