"""The tables that every service has: what has served its time is deleted, in batches."""

from shared.auth import subjects
from shared.db.locks import advisory_lock
from shared.events import inbox, outgoing
from shared.http import stored_answers

# The inbox outlives the outbox and the dead letters, so that a late replay is still recognised.
OUTBOX_DAYS = 7
INBOX_DAYS = 30


def purge() -> dict[str, int]:
    """Delete old events, inbox rows, idempotency keys and ended sessions; one process at a time, others do nothing.

    Returns:
        How many rows of each went away.
    """
    with advisory_lock("purge") as taken:
        if not taken:
            return {}
        return {
            "outbox": outgoing.purge(older_than_days=OUTBOX_DAYS),
            "inbox": inbox.purge(older_than_days=INBOX_DAYS),
            "idempotency": stored_answers.purge(),
            "revoked": subjects.purge(),
        }
