"""Lifetimes of tokens, and what the use of a refresh token means for its family (RFC 9700, 4.14.2)."""

from datetime import timedelta
from enum import Enum

ACCESS_LIFETIME = timedelta(minutes=15)
REFRESH_LIFETIME = timedelta(days=7)
# An answer may be lost: whoever comes back this soon gets the same successor once more.
GRACE = timedelta(seconds=10)
VERIFICATION_LIFETIME = timedelta(days=3)
RESET_LIFETIME = timedelta(hours=1)


class Verdict(Enum):
    """What to do with a presented refresh token."""

    ROTATE = "rotate"
    REPEAT = "repeat"
    REVOKE = "revoke"
    REFUSE = "refuse"


def verdict(*, generation: int, current: int, since_rotation: timedelta, alive: bool) -> Verdict:
    """Judge the use of a refresh token.

    Args:
        generation: of the presented token; the family's first token has 1.
        current: the family's latest generation.
        since_rotation: time since the latest generation was made; below zero if a parallel use just made it.
        alive: the family is neither revoked nor expired.
    """
    if not alive:
        return Verdict.REFUSE
    if generation == current:
        return Verdict.ROTATE
    if generation == current - 1 and since_rotation < GRACE:
        return Verdict.REPEAT
    return Verdict.REVOKE
