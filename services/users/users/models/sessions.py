"""The tables of refresh token families; only hashes of the tokens are kept."""

from django.db import models
from django.db.models import Q

from shared.db.models import Entity
from users.models.users import User


class RefreshSession(Entity):
    """A family: every refresh token that descends from one login; its row is what parallel uses queue for."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    generation = models.PositiveIntegerField(default=1)
    rotated_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    # The latest token, encrypted: for the one whose answer was lost (RFC 9700 allows a grace period).
    latest_sealed = models.TextField(blank=True)

    class Meta:
        db_table = "refresh_sessions"
        indexes = [models.Index(fields=["expires_at"], name="refresh_sessions_expiry")]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(latest_sealed=""), name="refresh_sessions_sealed"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class RefreshToken(models.Model):
    """One token of a family, by its SHA-256 hash."""

    token_hash = models.BinaryField(max_length=32, unique=True)
    session = models.ForeignKey(RefreshSession, on_delete=models.CASCADE, related_name="+")
    generation = models.PositiveIntegerField()

    class Meta:
        db_table = "refresh_tokens"
        constraints = [
            models.UniqueConstraint(fields=["session", "generation"], name="refresh_tokens_session_generation")
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.generation}"
