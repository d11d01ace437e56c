"""The table of keys that sign access tokens."""

from django.db import models
from django.db.models import Q

from users.domain.keys import KeyState


class SigningKey(models.Model):
    """An ES256 key pair; the private half is encrypted with FIELD_KEYS and erased when the key retires."""

    kid = models.CharField(max_length=64, primary_key=True)
    public_jwk = models.JSONField()
    private_pem_sealed = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=[(each.value, each.value) for each in KeyState])
    published_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "signing_keys"
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="signing"), name="signing_keys_one_signs"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="published"), name="signing_keys_one_waits"),
            models.CheckConstraint(
                condition=Q(state__in=["published", "signing"], retired_at__isnull=True)
                | Q(state="retired", retired_at__isnull=False, private_pem_sealed=""),
                name="signing_keys_state",
            ),
        ]

    def __str__(self) -> str:
        return self.kid
