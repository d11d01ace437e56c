"""The tables of background jobs: accounts to be made, row by row, and what became of each."""

from django.db import models
from django.db.models import F, Q

from shared.db.models import Entity


class Job(Entity):
    """One list of accounts to make, and how far it has been worked off; `next_row` moves with the effects."""

    class Status(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        DONE = "done"

    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    total = models.PositiveIntegerField()
    next_row = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    created_by = models.UUIDField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "jobs"
        constraints = [
            models.CheckConstraint(
                condition=Q(status="pending", next_row=0, finished_at__isnull=True)
                | Q(status="running", next_row__gt=0, next_row__lt=F("total"), finished_at__isnull=True)
                | Q(status="done", next_row=F("total"), finished_at__isnull=False),
                name="jobs_status",
            ),
            models.CheckConstraint(condition=Q(next_row=F("created") + F("failed")), name="jobs_counts_add_up"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"


class JobRow(models.Model):
    """One account to make: encrypted with FIELD_KEYS while it waits, erased as soon as its outcome is known."""

    class Status(models.TextChoices):
        PENDING = "pending"
        CREATED = "created"
        FAILED = "failed"

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    sealed = models.TextField(blank=True, default="")
    user_id = models.UUIDField(null=True)
    errors = models.JSONField(default=dict)

    class Meta:
        db_table = "job_rows"
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="job_rows_once"),
            models.CheckConstraint(
                condition=(Q(status="pending", user_id__isnull=True, errors={}) & ~Q(sealed=""))
                | Q(status="created", user_id__isnull=False, errors={}, sealed="")
                | (Q(status="failed", user_id__isnull=True, sealed="") & ~Q(errors={})),
                name="job_rows_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.number} {self.status}"
