"""The table of pending password resets."""

from django.db import models

from shared.db.models import uuid7


class PasswordReset(models.Model):
    """One request for a new password, deleted with its use; without a user when nobody has the given address.

    The address is not here, and `user_id` is no foreign key: a request for nobody must cost what any other costs.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "password_resets"
        indexes = [
            models.Index(fields=["user_id"], name="password_resets_of_user"),
            models.Index(fields=["created_at"], name="password_resets_created"),
        ]

    def __str__(self) -> str:
        return str(self.id)
