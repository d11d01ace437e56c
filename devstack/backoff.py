"""How long a crashed part waits before it is started again."""

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0
FORGIVEN_AFTER_SECONDS = 60.0


def delay(*, failures: int) -> float:
    """Return the pause in seconds after this many failures in a row: 0.5, 1, 2, … at most 30."""
    exponent = min(max(failures - 1, 0), 16)  # 2**16 halves of a second is far beyond the longest pause
    return min(FIRST_SECONDS * 2.0**exponent, LONGEST_SECONDS)


def failures_after(*, failures: int, ready_seconds: float) -> int:
    """Count one more failure in a row, or start again at one when the part had worked long enough."""
    return 1 if ready_seconds >= FORGIVEN_AFTER_SECONDS else failures + 1
