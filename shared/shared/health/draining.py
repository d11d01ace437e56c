"""Whether this server is on its way out: one flag of all processes that were forked from the one which loaded this.

A draining process answers as before, but its readiness probe fails, so that no new traffic is sent to it.
"""

import mmap

_flag: mmap.mmap | bytearray = mmap.mmap(-1, 1)  # shared with children


def begin() -> None:
    """Stop being ready, for good."""
    _flag[0] = 1


def begun() -> bool:
    """Return whether that has happened, in this process or in one it shares the flag with."""
    return _flag[0] == 1
