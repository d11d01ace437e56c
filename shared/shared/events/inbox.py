"""Upkeep of the inbox: rows that no duplicate can meet any more are deleted."""

from datetime import timedelta

from django.utils import timezone

from shared.events.models import InboxEvent


def purge(*, older_than_days: int, batch: int = 1000) -> int:
    """Delete inbox rows older than the given days, in batches by key; returns how many."""
    old = InboxEvent.objects.filter(handled_at__lt=timezone.now() - timedelta(days=older_than_days))
    total = 0
    while ids := list(old.order_by("handled_at").values_list("event_id", flat=True)[:batch]):
        total += InboxEvent.objects.filter(event_id__in=ids).delete()[0]
    return total
