"""Tables of the outbox and the inbox; the same three in every service's database."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class OutboxEvent(models.Model):
    """An event that happened here, to be published until confirmed; ids grow in the order of writing."""

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(unique=True)
    type = models.CharField(max_length=100)
    subject = models.UUIDField()
    data = models.JSONField()
    traceparent = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    refusals = models.PositiveSmallIntegerField(db_default=0)
    next_attempt_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True, db_default="")

    class Meta:
        db_table = "events_outbox"
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(sent_at__isnull=True, dead_at__isnull=True),
                name="events_outbox_unsent",
            ),
            models.Index(fields=["subject"], name="events_outbox_subject"),
            models.Index(fields=["sent_at"], condition=Q(sent_at__isnull=False), name="events_outbox_sent"),
            models.Index(fields=["dead_at"], condition=Q(dead_at__isnull=False), name="events_outbox_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class InboxEvent(models.Model):
    """An event whose effect is committed here; the primary key is what makes a duplicate harmless."""

    event_id = models.UUIDField(primary_key=True)
    type = models.CharField(max_length=100)
    handled_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "events_inbox"
        indexes = [models.Index(fields=["handled_at"], name="events_inbox_handled")]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class FailedEvent(models.Model):
    """An event whose handler failed: tried again at `next_attempt_at`, or dead and waiting for a person."""

    event_id = models.UUIDField(primary_key=True)
    type = models.CharField(max_length=100)
    envelope = models.JSONField()
    attempts = models.PositiveSmallIntegerField()
    next_attempt_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=1000)
    failed_at = models.DateTimeField(db_default=Now())
    dead_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "events_failed"
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(dead_at__isnull=True), name="events_failed_due"),
            models.Index(fields=["dead_at"], condition=Q(dead_at__isnull=False), name="events_failed_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
