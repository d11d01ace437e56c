"""The users this service has heard of, since when their tokens are refused, and the sessions that have ended."""

from django.db import models
from django.db.models.functions import Now


class Subject(models.Model):
    """A user as this service knows it: an id, and what revokes its tokens."""

    user_id = models.UUIDField(primary_key=True)
    epoch = models.PositiveIntegerField(db_default=0)
    deactivated_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "subjects"
        indexes = [models.Index(fields=["changed_at"], name="subjects_changed")]

    def __str__(self) -> str:
        return str(self.user_id)


class RevokedSession(models.Model):
    """A session whose tokens are refused; forgotten when the last of them has long expired."""

    session_id = models.UUIDField(primary_key=True)
    revoked_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "revoked_sessions"
        indexes = [models.Index(fields=["revoked_at"], name="revoked_sessions_at")]

    def __str__(self) -> str:
        return str(self.session_id)
