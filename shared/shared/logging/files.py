"""Rotating files that several processes write to: whoever finds a file full renames it once for all."""

import fcntl
import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

BYTES, COUNT = 15 * 1024 * 1024, 10


class SharedFile(RotatingFileHandler):
    """A rotating file that other processes may rotate meanwhile.

    Args:
        path: of the newest file; older ones are path.1, path.2 ….
        size: bytes after which it is rotated.
    """

    def __init__(self, path: Path, size: int = BYTES) -> None:
        super().__init__(path, maxBytes=size, backupCount=COUNT, encoding="utf-8")
        self._lock_path = path.with_suffix(".lock")

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, to the file that has the name now."""
        if not self._is_named():
            self._reopen()
        super().emit(record)

    def doRollover(self) -> None:  # noqa: N802 (logging's name)
        """Rotate, unless another process just has."""
        with self._lock_path.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self._is_named():
                super().doRollover()
            else:
                self._reopen()

    def _is_named(self) -> bool:
        """Return whether the open file still has the name."""
        try:
            named = Path(self.baseFilename).stat()
        except FileNotFoundError:
            return False
        return self.stream is not None and os.path.samestat(named, os.fstat(self.stream.fileno()))

    def _reopen(self) -> None:
        if self.stream is not None:
            self.stream.close()
        self.stream = self._open()


def handlers(folder: Path) -> list[logging.Handler]:
    """Return the handlers of the two files: everything, and errors alone."""
    folder.mkdir(parents=True, exist_ok=True)
    everything, errors = SharedFile(folder / "all.log"), SharedFile(folder / "errors.log")
    errors.setLevel(logging.ERROR)
    return [everything, errors]
