"""Deleting what has outlived its use, in batches by key."""

import logging
from datetime import datetime

from shared.events import inbox, outgoing
from users.services import sessions

log = logging.getLogger(__name__)

OUTBOX_DAYS = 7
# Far longer than the broker or an operator could bring an event back.
INBOX_DAYS = 30


def purge(*, now: datetime) -> dict[str, int]:
    """Delete sent events, old inbox rows and expired refresh families; returns how many of each.

    Args:
        now: the time of asking.
    """
    counts = {
        "outbox": outgoing.purge(older_than_days=OUTBOX_DAYS),
        "inbox": inbox.purge(older_than_days=INBOX_DAYS),
        "sessions": sessions.purge(now=now),
    }
    log.info("purged", extra=counts)
    return counts
