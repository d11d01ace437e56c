"""Deleting what has outlived its use."""

import logging
from datetime import datetime

from shared.upkeep import old_rows
from users.services import credentials, sessions

log = logging.getLogger(__name__)


def purge(*, now: datetime) -> dict[str, int]:
    """Delete what every service deletes, and expired refresh families and resets; one process at a time.

    Args:
        now: the time of asking.

    Returns:
        How many rows of each went away.
    """
    counts = old_rows.purge()
    if counts:
        counts["sessions"] = sessions.purge(now=now)
        counts["password_resets"] = credentials.purge(now=now)
        log.info("purged", extra=counts)
    return counts
