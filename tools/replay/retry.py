"""When to ask again, and after how long. Pure rules; the client obeys them.

Every request that these rules repeat is a read, carries an idempotency key, or is refused once it was done.
"""

TRANSIENT = frozenset({429, 502, 503, 504})
PASSING_CONFLICTS = frozenset({"idempotency_in_progress", "pending_order_exists"})

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0
LONGEST_RETRY_AFTER = 30.0


def worth_repeating(*, status: int, code: str) -> bool:
    """Tell whether the same request may succeed later.

    Args:
        status: the answer's status.
        code: the problem's code in the API's words; empty without one.

    """
    return status in TRANSIENT or (status == 409 and code in PASSING_CONFLICTS)  # noqa: PLR2004


def leaves_doubt(*, status: int) -> bool:
    """Tell whether a failed attempt may have done the work all the same.

    Args:
        status: the answer's status; a refusal with 4xx has done nothing.

    """
    return status >= 500  # noqa: PLR2004


def pause(*, attempt: int, retry_after: str, chance: float) -> float:
    """Return how many seconds to wait before the next attempt.

    Args:
        attempt: how many attempts have failed, from 1.
        retry_after: the answer's Retry-After in seconds; what is not a number counts as none.
        chance: a number between 0 and 1, so that callers who failed together do not return together.

    """
    ceiling = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempt, 10))
    jittered = ceiling * (0.5 + chance / 2)
    asked = min(float(retry_after), LONGEST_RETRY_AFTER) if retry_after.isascii() and retry_after.isdigit() else 0.0
    return max(jittered, asked * (1 + chance / 10))
