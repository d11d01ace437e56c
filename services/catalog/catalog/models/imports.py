"""Imports of products: the job, its file in pieces, and the rows that could not be taken."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from shared.db.models import Entity


class Import(Entity):
    """One uploaded file and how far it has been read."""

    class Status(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        COMPLETED = "completed"
        FAILED = "failed"

    status = models.CharField(max_length=9, default=Status.PENDING)
    columns = models.JSONField()
    total_bytes = models.BigIntegerField()
    offset = models.BigIntegerField()
    line = models.BigIntegerField()
    processed = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    error = models.CharField(max_length=500, default="", blank=True)
    created_by = models.UUIDField()
    digest = models.CharField(max_length=64, default="", db_default="", blank=True)  # SHA-256 of the file, in hex
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "import"
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["pending", "running", "completed", "failed"]),
                name="import_status_known",
            ),
            models.CheckConstraint(
                condition=Q(processed=F("created") + F("updated") + F("failed")), name="import_counts_add_up"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"


class ImportChunk(models.Model):
    """A piece of an import's file; in the database, so that web and worker need no shared disk."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        db_table = "import_chunk"
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="import_chunk_once")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.number}"


class ImportRowError(models.Model):
    """Something that is wrong with a row that could not be taken."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="errors")
    line = models.BigIntegerField()
    sku = models.CharField(max_length=64, default="", db_default="", blank=True)
    field = models.CharField(max_length=63, default="", db_default="", blank=True)  # empty: the whole row
    message = models.CharField(max_length=500)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "import_row_error"

    def __str__(self) -> str:
        return f"line {self.line}: {self.field} {self.message}"
