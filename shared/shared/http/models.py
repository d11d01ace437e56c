"""The table of idempotency keys with their stored answers, and the generation of ready answers."""

from django.db import models
from django.db.models.functions import Now


class IdempotencyKey(models.Model):
    """One use of a key by one user: what was asked, and the answer to give again."""

    user_id = models.UUIDField()
    key = models.CharField(max_length=200)
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "http_idempotency"
        constraints = [models.UniqueConstraint(fields=["user_id", "key"], name="http_idempotency_user_key")]
        indexes = [models.Index(fields=["created_at"], name="http_idempotency_created")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"


class Generation(models.Model):
    """The one row that names the generation of ready answers."""

    only_one = models.BooleanField(primary_key=True, default=True)
    value = models.UUIDField()

    class Meta:
        db_table = "ready_generation"
        constraints = [models.CheckConstraint(condition=models.Q(only_one=True), name="ready_generation_only_one")]

    def __str__(self) -> str:
        return str(self.value)
