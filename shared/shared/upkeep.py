"""Upkeep of the tables that every service has: what has served its time is deleted, in batches."""

from shared.db.locks import advisory_lock
from shared.events import inbox, outgoing
from shared.http import idempotency

# The inbox outlives the outbox and the dead letters, so that a late replay is still recognised.
_OUTBOX_DAYS = 7
_INBOX_DAYS = 30


def purge() -> dict[str, int]:
    """Delete old sent events, inbox rows and idempotency keys; one process at a time, the others do nothing.

    Returns:
        How many rows of each went away.
    """
    with advisory_lock("purge") as taken:
        if not taken:
            return {}
        return {
            "outbox": outgoing.purge(older_than_days=_OUTBOX_DAYS),
            "inbox": inbox.purge(older_than_days=_INBOX_DAYS),
            "idempotency": idempotency.purge(),
        }
