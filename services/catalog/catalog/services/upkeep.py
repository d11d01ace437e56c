"""Upkeep: what has served its time is deleted."""

from datetime import timedelta

from django.utils import timezone

from shared.db.locks import advisory_lock
from shared.events import outgoing
from shared.events.models import InboxEvent
from shared.http import idempotency

# The inbox outlives the outbox and dead letters, so that a late replay is still recognised.
_OUTBOX_DAYS = 7
_INBOX_DAYS = 30


def purge() -> dict[str, int]:
    """Delete old sent events, inbox rows and idempotency keys, one process at a time.

    Returns:
        How many rows of each went away.
    """
    with advisory_lock("purge") as taken:
        if not taken:
            return {}
        return {
            "outbox": outgoing.purge(older_than_days=_OUTBOX_DAYS),
            "inbox": _purge_inbox(),
            "idempotency": idempotency.purge(),
        }


def _purge_inbox(batch: int = 1000) -> int:
    """Delete inbox rows older than 30 days, in batches by key; returns how many."""
    old = InboxEvent.objects.filter(handled_at__lt=timezone.now() - timedelta(days=_INBOX_DAYS))
    total = 0
    while ids := list(old.order_by("handled_at").values_list("event_id", flat=True)[:batch]):
        total += InboxEvent.objects.filter(event_id__in=ids).delete()[0]
    return total
